package forecast_test

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"sort"
	"time"

	"kubejobs/shared/core/forecast"
)

// scenario is a kind of job.
type scenario struct {
	name         string
	item         func(*rand.Rand) float64 // item time, mean 1
	raise        bool                     // replicas are raised half-way by 1 to 100 %
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
		{name: "constant", item: func(*rand.Rand) float64 { return 1 }, least: 200, most: 800, outside: true},
	}
}

// run is a simulated job: when each item was completed, in order.
type run struct {
	items, before, after int64 // replicas before and after half of the items are completed
	half                 float64
	stay, raised         []float64 // seconds, with the replicas before, and with those after from half on
}

const meanItem = 4 // seconds

// simulate runs a job twice with the same items: with its replicas as they are, and with
// those raised half-way. Both are the same until then.
func (s scenario) simulate(r *rand.Rand) run {
	j := run{items: s.least + r.Int64N(s.most-s.least+1), before: 4 + r.Int64N(12)}
	j.after = j.before
	if s.raise {
		j.after += max(1, int64(math.Round(float64(j.before)*(.01+.99*r.Float64()))))
	}
	times := make([]float64, j.items)
	for i := range times {
		times[i] = s.item(r) * meanItem
	}
	j.stay = complete(times, make([]float64, j.before))
	j.half = j.stay[(j.items-1)/2]
	starts := make([]float64, j.after)
	for i := j.before; i < j.after; i++ {
		starts[i] = j.half
	}
	j.raised = complete(times, starts)
	return j
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

// bin is the checks that gave about the same probability.
type bin struct{ n, said, missed float64 }

// tally is what the checks of a scenario add up to.
type tally struct {
	checks, covered, early, none, log float64
	errors                            []float64
	bins                              [10]bin
}

// follow folds the ticks of a job, and checks the forecast at 20, 30 … 90 %.
func (y *tally) follow(t testingT, j run, r *rand.Rand) {
	const tick = 2
	var c forecast.Course
	done, replicas, next := 0, j.before, int64(2)
	for n := 0; done < len(j.raised); n++ {
		now := float64(n) * tick
		for done < len(j.raised) && j.raised[done] <= now {
			done++
		}
		truth := j.stay
		if now >= j.half {
			replicas, truth = j.after, j.raised
		}
		c = c.Fold(forecast.Point{
			At: begin.UnixMilli() + int64(1000*now), Items: j.items, Done: float64(done), Working: replicas, Asked: replicas,
		})
		if next > 9 || int64(done)*10 < j.items*next || done == len(j.raised) {
			continue
		}
		for next <= 9 && int64(done)*10 >= j.items*next {
			next++
		}
		c = again(t, c)
		naive := now / float64(done) * float64(int(j.items)-done)
		y.check(c, forecast.Fleet{Replicas: replicas}, truth[len(truth)-1]-now, naive*(.6+1.2*r.Float64()))
	}
}

// check compares a forecast with the truth: the job is done in that many seconds.
func (y *tally) check(c forecast.Course, f forecast.Fleet, truth, deadline float64) {
	m := c.Model()
	if m == nil {
		y.none++
		return
	}
	p := m.Finish(f, .1, .5, .9)
	ahead := func(i int) float64 { return p[i].Sub(time.UnixMilli(c.Last.At)).Seconds() }
	y.checks++
	switch {
	case truth < ahead(0):
		y.early++
	case truth <= ahead(2):
		y.covered++
	}
	y.errors = append(y.errors, math.Abs(ahead(1)-truth)/truth)
	miss := 1 - m.Within(time.Duration(deadline*float64(time.Second)), f)
	b := &y.bins[min(int(miss*10), 9)]
	b.n++
	b.said += miss
	pp := 1 - miss
	if truth > deadline {
		pp = miss
	}
	y.log -= math.Log(max(pp, .001))
	if truth > deadline {
		b.missed++
	}
}

func (y *tally) add(x *tally) {
	y.checks, y.covered, y.early, y.none = y.checks+x.checks, y.covered+x.covered, y.early+x.early, y.none+x.none
	y.errors = append(y.errors, x.errors...)
	for i := range y.bins {
		y.bins[i].n += x.bins[i].n
		y.bins[i].said += x.bins[i].said
		y.bins[i].missed += x.bins[i].missed
	}
}

// median returns the median error of p50, as a share of the time that remained.
func (y *tally) median() float64 {
	sort.Float64s(y.errors)
	return y.errors[len(y.errors)/2]
}

// gap returns how far what was said is from what happened, on average over the checks.
func (y *tally) gap() float64 {
	sum := 0.
	for _, b := range y.bins {
		sum += math.Abs(b.said - b.missed)
	}
	return sum / y.checks
}
