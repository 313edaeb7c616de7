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

// Model is what a course says about the future. It is immutable.
type Model struct {
	mean, left, now float64
	working         int64
}

// Model returns the model of a course as of its last point; nil if there is not enough
// data: fewer than 3 items are completed, or there are fewer than 3 points.
func (c Course) Model() *Model {
	done := c.Last.Done - c.First.Done
	if c.Count < 3 || done < 3 || c.Exposure <= 0 {
		return nil
	}
	return &Model{
		mean: c.Exposure / done, left: float64(c.Last.Items) - c.Last.Done,
		now: float64(c.Last.At), working: c.Last.Working,
	}
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
	mean := m.mean * m.left / float64(min(f.Replicas, int64(math.Ceil(m.left))))
	return .5 * math.Erfc((mean-d.Seconds())/(.2*mean)/math.Sqrt2)
}

// Finish returns the quantiles p, each in (0, 1), of the time at which the job is done,
// in the order of p; zero times if it is over a century away. None is before the last
// point.
func (m *Model) Finish(f Fleet, p ...float64) []time.Time {
	finish := make([]time.Time, len(p))
	for i, q := range p {
		mean := m.mean * m.left / float64(max(f.Replicas, 1))
		ahead := mean * max(0, 1+.2*math.Sqrt2*math.Erfinv(2*q-1))
		if f.Replicas > 0 && ahead < century.Seconds() {
			finish[i] = time.UnixMilli(int64(m.now + 1000*ahead)).UTC()
		}
	}
	return finish
}

// Rates are rates of work.
type Rates struct {
	Now     float64 // items a second, recently
	Mean    float64 // items a second over the run
	Replica float64 // items a second of one replica that works
}

// Rates returns the rates of work.
func (m *Model) Rates() Rates {
	return Rates{Now: float64(m.working) / m.mean, Mean: float64(m.working) / m.mean, Replica: 1 / m.mean}
}

// Need is the answer to how many replicas meet a deadline.
type Need struct {
	Replicas    int64   // the least that suffice; if none do, the ones with the best probability
	Probability float64 // of being done by the deadline with them
	Met         bool    // Probability reaches the confidence
}

// Needed returns the least number of replicas in [least, most] with which the job is done
// within d with the given probability.
func (m *Model) Needed(d time.Duration, confidence float64, least, most int64, kills bool) Need {
	need := Need{Replicas: most}
	for r := least; r <= most; r++ {
		p := m.Within(d, Fleet{Replicas: r, Kills: kills})
		if need.Replicas, need.Probability = r, p; p >= confidence {
			need.Met = true
			break
		}
	}
	return need
}
