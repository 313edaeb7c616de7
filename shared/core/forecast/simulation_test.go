package forecast_test

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"sort"
)

// scenario is a kind of job.
type scenario struct {
	name         string
	item         func(*rand.Rand) float64 // item time, mean 1
	raise        bool                     // replicas are raised half-way by 1 to 100 %
	ask          bool                     // each check asks what if they were raised then, and took up to 20 s to start
	least, most  int64                    // items
	outside      bool                     // no family of the forecast has this shape
	medianAtMost float64                  // error of p50; 0: no limit
}

func exponential(r *rand.Rand) float64 { return r.ExpFloat64() }

func lognormal(cv float64) func(*rand.Rand) float64 {
	s := math.Sqrt(math.Log1p(cv * cv))
	return func(r *rand.Rand) float64 { return math.Exp(s*r.NormFloat64() - s*s/2) }
}

func pareto(a float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return (a - 1) / a * math.Pow(1-r.Float64(), -1/a) }
}

// twoSizes are items of which one in ten takes ten times as long as the others.
func twoSizes(r *rand.Rand) float64 {
	if r.Float64() < .1 {
		return 10 / 1.9
	}
	return 1 / 1.9
}

// scenarios are what the forecast is made for, and what it is not made for.
func scenarios() []scenario {
	return []scenario{
		{name: "exponential", item: exponential, least: 200, most: 800, medianAtMost: .1},
		{name: "exponential, replicas raised", item: exponential, least: 200, most: 800, raise: true, medianAtMost: .1},
		{name: "lognormal, CV 0.31", item: lognormal(.31), least: 200, most: 800, medianAtMost: .04},
		{name: "lognormal, CV 1.3", item: lognormal(1.3), least: 200, most: 800},
		{name: "lognormal, CV 2.9", item: lognormal(2.9), least: 200, most: 800},
		{name: "Pareto, α 2.2", item: pareto(2.2), least: 200, most: 800},
		{name: "lognormal, CV 1.3, replicas raised", item: lognormal(1.3), least: 200, most: 800, raise: true},
		{name: "lognormal, CV 0.31, replicas raised", item: lognormal(.31), least: 200, most: 800, raise: true},
		{name: "two sizes, 1 : 10", item: twoSizes, least: 200, most: 800, outside: true},
		{name: "Pareto, α 1.7", item: pareto(1.7), least: 200, most: 800, outside: true},
		{name: "exponential, 20 to 60 items", item: exponential, least: 20, most: 60, outside: true},
		{name: "lognormal, CV 0.31, 20 to 60 items", item: lognormal(.31), least: 20, most: 60, outside: true},
		{name: "exponential, what if replicas were added", item: exponential, least: 200, most: 800, ask: true, outside: true},
		{name: "lognormal, CV 1.3, what if replicas were added", item: lognormal(1.3), least: 200, most: 800, ask: true, outside: true},
		{name: "constant", item: func(*rand.Rand) float64 { return 1 }, least: 200, most: 800, outside: true},
	}
}

// run is a simulated job: when each item was completed, in order.
type run struct {
	items, before, after int64 // replicas before and after half of the items are completed
	ask                  bool
	times                []float64
	half                 float64
	stay, raised         []float64 // seconds, with the replicas before, and with those after from half on
}

const meanItem = 4 // seconds

// simulate runs a job twice with the same items: with its replicas as they are, and with
// those raised half-way. Both are the same until then.
func (s scenario) simulate(r *rand.Rand) run {
	j := run{ask: s.ask, items: s.least + r.Int64N(s.most-s.least+1), before: 4 + r.Int64N(12)}
	j.after = j.before
	if s.raise || s.ask {
		j.after += max(1, int64(math.Round(float64(j.before)*(.01+.99*r.Float64()))))
	}
	j.times = make([]float64, j.items)
	for i := range j.times {
		j.times[i] = s.item(r) * meanItem
	}
	j.stay = complete(j.times, make([]float64, j.before))
	j.half = j.stay[(j.items-1)/2]
	if s.ask {
		j.raised = j.stay
		return j
	}
	starts := make([]float64, j.after)
	for i := j.before; i < j.after; i++ {
		starts[i] = j.half
	}
	j.raised = complete(j.times, starts)
	return j
}

// added returns when the job would be done if replicas were added at a time.
func (j run) added(now float64, r *rand.Rand) float64 {
	starts := make([]float64, j.after)
	for i := j.before; i < j.after; i++ {
		starts[i] = now + 20*r.Float64()
	}
	done := complete(j.times, starts)
	return done[len(done)-1]
}

type times []float64

func (t times) Len() int           { return len(t) }
func (t times) Less(i, j int) bool { return t[i] < t[j] }
func (t times) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *times) Push(x any)        { *t = append(*t, x.(float64)) } //nolint:forcetypeassert // of this heap
func (t *times) Pop() any          { panic("not used") }

// complete returns when the items are completed if the replicas begin to work at starts.
func complete(items, starts []float64) []float64 {
	free := times(starts)
	heap.Init(&free)
	done := make([]float64, len(items))
	for i, took := range items {
		done[i] = free[0] + took
		free[0] = done[i]
		heap.Fix(&free, 0)
	}
	sort.Float64s(done)
	return done
}
