package forecast

import (
	"math"
	"time"
)

// Fleet is the replicas that a question about the future assumes.
type Fleet struct {
	Replicas int64 // > 0
	// Kills means that a replica that is removed loses its item, which another one
	// begins anew; otherwise it completes it.
	Kills bool
}

// Five-point Gauss-Hermite quadrature: the mean of a function of a standard normal value.
var (
	nodes  = [5]float64{-2.8569700138728056, -1.355626179974266, 0, 1.355626179974266, 2.8569700138728056}
	shares = [5]float64{.011257411327720682, .22207592200561266, .5333333333333333, .22207592200561266, .011257411327720682}
)

// mostLost bounds the mean item times that an item which is begun anew costs.
const mostLost = 3

// term is a part of the answer about a fleet: the last items that are worked on at once
// begin after one of the waits, and then each takes its residual life.
type term struct {
	weight, mean, last float64
	left               tail
	waits              [len(nodes)]float64 // seconds
}

// answer is the distribution of the finish with a fleet.
type answer struct {
	terms  [len(shapes)]term
	n      int
	expect float64 // seconds, roughly
}

// ask returns the answer about a fleet. Items are left, and replicas > 0.
func (m *Model) ask(f Fleet) (a answer) {
	items := math.Ceil(m.left)
	r, c := min(float64(f.Replicas), items), min(m.working, items)
	for _, p := range m.parts() {
		last, wait := m.queue(&p, r, c)
		if f.Kills && r < c {
			wait += (c - r) * p.mean * min((1+p.cv2)/2, mostLost) / r
		}
		t := term{weight: p.weight, mean: p.mean, last: last, left: p.left}
		v := math.Log1p(p.cv2 * (1/p.items + 1/max(items-last, 1)))
		spread, mid := math.Sqrt(v), wait*math.Exp(-v/2)
		for i, x := range nodes[:len(nodes)/2] { // the others are the same beyond the middle
			factor := math.Exp(spread * x)
			t.waits[i], t.waits[len(nodes)-1-i] = mid*factor, mid/factor
		}
		t.waits[len(nodes)/2] = mid
		a.terms[a.n] = t
		a.n++
		a.expect += p.weight * (wait + p.mean)
	}
	return a
}

// queue returns how many items are worked on when no item is left to begin, and the mean
// time until then, with r replicas, c of which work now. Others work after their
// start-up. The c alone may have begun all items by then: others have no effect, or
// only as many as there are items for.
func (m *Model) queue(p *part, r, c float64) (last, wait float64) {
	begun := m.left - min(r, m.left)
	wait = begun * p.mean / r
	if r <= c {
		return m.left - begun, wait
	}
	if alone := (m.left - c) * p.mean; c > 0 && alone <= m.startUp*c {
		return c, alone / c
	}
	wait += (r - c) * m.startUp / r
	if wait < m.startUp {
		return min(m.left-m.startUp*c/p.mean, m.left), m.startUp
	}
	return m.left - begun, wait
}

// within returns the probability of being done within d seconds.
func (a *answer) within(d float64) float64 {
	sum := 0.
	for i := range a.terms[:a.n] {
		t := &a.terms[i]
		for j, wait := range t.waits {
			if d > wait {
				sum += t.weight * shares[j] * math.Exp(-t.last*t.left.at((d-wait)/t.mean))
			}
		}
	}
	return min(sum, 1)
}

// Within returns the probability that the job is done within d after the last point if
// the fleet works from then on. A fleet of none never is, unless nothing is left.
func (m *Model) Within(d time.Duration, f Fleet) float64 {
	if m.left <= 0 {
		return 1
	}
	if f.Replicas <= 0 || d <= 0 {
		return 0
	}
	a := m.ask(f)
	return a.within(d.Seconds())
}

// Finish returns the quantiles p, each in (0, 1), of the time at which the job is done,
// in the order of p; zero times if it is over a century away. None is before the last
// point.
func (m *Model) Finish(f Fleet, p ...float64) []time.Time {
	finish := make([]time.Time, len(p))
	if m.left > 0 && f.Replicas <= 0 {
		return finish
	}
	var a answer
	if m.left > 0 {
		var rooms [heavy]table
		quick := m.tabulated(&rooms)
		a = quick.ask(f)
	}
	for i, q := range p {
		ahead := 0.
		if m.left > 0 {
			ahead = a.quantile(q)
		}
		if ahead < century.Seconds() {
			finish[i] = time.UnixMilli(m.at + int64(math.Ceil(1000*ahead))).UTC()
		}
	}
	order(finish, p)
	return finish
}

// order makes later what is before the time of a smaller quantile: each is
// solved for only within quantileWidth.
func order(finish []time.Time, p []float64) {
	for i := range finish {
		for j := range finish {
			if p[j] < p[i] && !finish[i].IsZero() && (finish[j].IsZero() || finish[j].After(finish[i])) {
				finish[i] = finish[j]
			}
		}
	}
}

const (
	quantileRounds = 60
	quantileWidth  = 1e-4 // relative
)

// quantile returns the seconds within which the job is done with probability p: the
// upper end of an interval that holds the solution, by regula falsi in the logarithm of
// time (Illinois).
func (a *answer) quantile(p float64) float64 {
	low := math.Log(max(a.expect, 1e-6))
	atLow := a.within(math.Exp(low)) - p
	high, atHigh := low, atLow
	for step := .25; atLow > 0 && low > -20; step *= 2 {
		high, atHigh = low, atLow
		low -= step
		atLow = a.within(math.Exp(low)) - p
	}
	for step := .25; atHigh <= 0 && high < 50; step *= 2 {
		low, atLow = high, atHigh
		high += step
		atHigh = a.within(math.Exp(high)) - p
	}
	for side, round := 0, 0; round < quantileRounds && high-low > quantileWidth; round++ {
		x := high - atHigh*(high-low)/(atHigh-atLow)
		if !(x > low && x < high) || round%3 == 2 { // steep distributions need bisection
			x = (low + high) / 2
		}
		at := a.within(math.Exp(x)) - p
		if at > 0 {
			high, atHigh = x, at
			if side > 0 {
				atLow /= 2
			}
			side = 1
		} else {
			low, atLow = x, at
			if side < 0 {
				atHigh /= 2
			}
			side = -1
		}
	}
	return math.Exp(high)
}
