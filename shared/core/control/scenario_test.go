package control_test

import (
	"math"
	"math/rand/v2"
)

// lostFor is how long lost replicas are gone, in seconds.
const lostFor = 60

// job is a drawn job. Whatever the policy, an item takes as long and the k-th pod starts
// as late.
type job struct {
	items, extra int       // extra ones come when half of the items are completed
	times        []float64 // seconds an item takes
	starts       []float64 // seconds until a pod is ready
	loss, lossAt float64   // share of the replicas that is lost, and at which progress
	max          int
	deadline     float64 // seconds after the start
	oracle       int     // cheapest constant number of replicas that meets the deadline
	cost         float64 // its replica-seconds
}

// scenario is a kind of jobs.
type scenario struct {
	name              string
	shape             func(*rand.Rand) float64 // time of an item, with the mean 1
	slow, loss, extra float64                  // disturbances; 0 if there is none
	calm              bool                     // CV <= 1 and at most one disturbance
}

var scenarios = []scenario{
	{name: "exponential", shape: (*rand.Rand).ExpFloat64, calm: true},
	{name: "lognormal, CV 0.5", shape: lognormal(.5), calm: true},
	{name: "CV 0.7, 1.5 times slower from half-way", shape: lognormal(.7), slow: 1.5, calm: true},
	{name: "CV 0.7, 30 % of the replicas lost for 60 s", shape: lognormal(.7), loss: .3, calm: true},
	{name: "CV 0.7, 10 % more items half-way", shape: lognormal(.7), extra: .1, calm: true},
	{name: "CV 1, all three", shape: lognormal(1), slow: 1.5, loss: .3, extra: .1},
	{name: "lognormal, CV 2.9", shape: lognormal(2.9)},
	{name: "Pareto 2.2", shape: pareto(2.2)},
}

func lognormal(cv float64) func(*rand.Rand) float64 {
	v := math.Log(1 + cv*cv)
	return func(r *rand.Rand) float64 { return math.Exp(math.Sqrt(v)*r.NormFloat64() - v/2) }
}

func pareto(alpha float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return (alpha - 1) / alpha * math.Pow(1-r.Float64(), -1/alpha) }
}

var slacks = []float64{1.1, 1.25, 1.5, 2, 3}

// draw returns the job number n of a scenario. size multiplies its items and its replicas.
func draw(s scenario, n int, size float64) *job {
	r := rand.New(rand.NewPCG(uint64(n), hash(s.name)))
	between := func(least, most int) int { return int(math.Round(size * float64(least+r.IntN(most-least+1)))) }
	j := &job{items: between(200, 2000), max: max(between(8, 40), 1), loss: s.loss, lossAt: .3 + .4*r.Float64()}
	j.extra = int(s.extra * float64(j.items))
	mean, slack := 2+13*r.Float64(), slacks[n%len(slacks)]
	for i := range j.items + j.extra {
		t := mean * s.shape(r)
		if s.slow > 0 && 2*i >= j.items {
			t *= s.slow
		}
		j.times = append(j.times, t)
	}
	for range 512 {
		j.starts = append(j.starts, 20*r.Float64())
	}
	least := constant(j, j.max)
	j.deadline = slack * least.finish
	j.oracle, j.cost = cheapest(j, least)
	return j
}

// cheapest returns the constant number of replicas that meets the deadline with the
// fewest replica-seconds, and those. least is the outcome with the maximum.
func cheapest(j *job, least outcome) (int, float64) {
	best, cost := j.max, least.seconds
	work := 0.0
	for _, t := range j.times {
		work += t
	}
	for n := max(1, int(work/j.deadline)); n < j.max; n++ {
		if float64(n)*least.finish > cost {
			break // more of them are hardly faster than the maximum
		}
		if out := constant(j, n); out.finish <= j.deadline && out.seconds < cost {
			best, cost = n, out.seconds
		}
	}
	return best, cost
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
