package forecast_test

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

// bin is the checks that gave about the same probability.
type bin struct{ n, said, missed float64 }

// tally is what the checks of a scenario add up to.
type tally struct {
	checks, covered, early, none float64
	errors                       []float64
	bins                         [10]bin
}

// follow folds the ticks of a job, and checks the forecast at 20, 30 … 90 %.
func (y *tally) follow(tb testing.TB, j run, r *rand.Rand) {
	tb.Helper()
	const tick = 2
	var c forecast.Course
	done, replicas, next := 0, j.before, int64(2)
	for n := 0; done < len(j.raised); n++ {
		now := float64(n) * tick
		for done < len(j.raised) && j.raised[done] <= now {
			done++
		}
		truth := j.stay
		if now >= j.half && !j.ask {
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
		c = again(tb, c)
		naive := now / float64(done) * float64(int(j.items)-done)
		finish, fleet := truth[len(truth)-1], forecast.Fleet{Replicas: replicas}
		if j.ask {
			finish, fleet.Replicas = j.added(now, r), j.after
		}
		y.check(c, fleet, finish-now, naive*(.6+1.2*r.Float64()))
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
