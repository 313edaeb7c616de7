package control

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"kubejobs/shared/core/forecast"
)

// situation is what a decision is made of.
type situation struct {
	Policy
	now   int64 // replicas decided before
	most  int64 // replicas that may be decided: at most one for each item that is left
	point forecast.Point
	down  float64 // the probability from which fewer replicas are enough
	model *forecast.Model
	ahead time.Duration // until the deadline
}

const (
	// tolerance is the share of the replicas by which the number must at least be lowered.
	tolerance = .1
	// evaluations bounds the forecasts that a search makes.
	evaluations = 9
)

// decide returns the decision, and the memory with the recommendation.
func (s situation) decide(m Memory) (Memory, Decision) {
	m.Known = m.Known || s.point.Done-m.From >= max(enough, float64(s.now)/2)
	switch {
	case s.point.Held:
		m.Recent = m.Recent.largest(s.point.At, s.now)
		return m, Decision{Replicas: s.now, Reason: "suspended: unchanged"}
	case float64(s.point.Items) <= s.point.Done:
		return m, Decision{Replicas: s.now, Reason: "no item is left", Probability: 1}
	case s.ahead <= 0:
		n := max(s.now, s.most)
		return m, Decision{Replicas: n, Reason: "the deadline has passed: " + s.name(n), Unreachable: true}
	case s.model == nil || !m.Known:
		return m, Decision{Replicas: s.now, Reason: "too little is known: " + s.name(s.now)}
	}
	if p := s.within(s.now); p < s.Confidence {
		d := s.raise(p)
		m.Recent = m.Recent.largest(s.point.At, d.Replicas)
		return m, d
	} else {
		return s.lower(m, p)
	}
}

// within returns the probability that n replicas meet the deadline.
func (s situation) within(n int64) float64 {
	p := s.model.Within(s.ahead, forecast.Fleet{Replicas: n, Kills: !s.Graceful})
	if math.IsNaN(p) {
		return 0
	}
	return min(max(p, 0), 1)
}

// raise returns the decision if the replicas meet the deadline with the probability p,
// which is too small: the least number with one halfway between the two probabilities.
func (s situation) raise(p float64) Decision {
	if s.now >= s.most {
		return s.unreachable(s.now, p)
	}
	best := s.within(s.most)
	if best < s.Confidence {
		return s.unreachable(s.most, best)
	}
	n, q := s.search(s.now, s.most, best, (s.Confidence+s.down)/2)
	return Decision{Replicas: n, Reason: fmt.Sprintf("%d more: P(in time) was %.2f", n-s.now, p), Probability: q}
}

func (s situation) unreachable(n int64, p float64) Decision {
	reason := fmt.Sprintf("the deadline cannot be met: %.0f %% with %s", 100*p, s.name(n))
	return Decision{Replicas: n, Reason: reason, Unreachable: true, Probability: p}
}

// lower returns the decision if the replicas meet the deadline with the probability p,
// which is enough: fewer of them if far fewer are enough now and were for a minute.
func (s situation) lower(m Memory, p float64) (Memory, Decision) {
	want := s.now
	few := s.now - max(1, int64(math.Ceil(tolerance*float64(s.now))))
	if few >= s.Min {
		if q := s.within(few); q >= s.down {
			want, _ = s.search(s.Min-1, few, q, s.down)
		}
	}
	m.Recent = m.Recent.largest(s.point.At, want)
	if n := m.Recent[0][1]; n <= few {
		return m, Decision{Replicas: n, Reason: fmt.Sprintf("%d fewer: %d are enough", s.now-n, n), Probability: s.within(n)}
	}
	return m, Decision{Replicas: s.now, Reason: fmt.Sprintf("%d are enough", s.now), Probability: p}
}

// search returns the least number above below that meets the deadline with the
// probability q, and its own. enough does, with the probability p. After so many
// evaluations the number may be a little larger than the least.
func (s situation) search(below, enough int64, p, q float64) (int64, float64) {
	for range evaluations {
		if enough-below <= 1 {
			break
		}
		n := below + (enough-below)/2
		if pn := s.within(n); pn >= q {
			enough, p = n, pn
		} else {
			below = n
		}
	}
	return enough, p
}

// name says what n replicas are.
func (s situation) name(n int64) string {
	switch n {
	case s.Max:
		return "the maximum"
	case s.half():
		return "half of the maximum"
	default:
		return strconv.FormatInt(n, 10)
	}
}
