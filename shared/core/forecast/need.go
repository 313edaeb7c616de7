package forecast

import (
	"math"
	"time"
)

// Need is the answer to how many replicas meet a deadline.
type Need struct {
	Replicas    int64   // the least that suffice; if none do, the ones with the best probability
	Probability float64 // of being done by the deadline with them
	Met         bool    // Probability reaches the confidence
}

// Needed returns the least number of replicas in [least, most] with which the job is done
// within d with the given probability.
func (m *Model) Needed(d time.Duration, confidence float64, least, most int64, kills bool) Need {
	least = max(least, 1)
	most = max(most, least)
	var rooms [heavy]table
	quick := m.tabulated(&rooms)
	at := func(r int64) float64 { return quick.Within(d, Fleet{Replicas: r, Kills: kills}) }
	if p := at(least); p >= confidence {
		return Need{Replicas: least, Probability: p, Met: true}
	}
	high := most
	if at(high) < confidence { // more replicas have more last items: the best may be fewer
		high = peak(at, least, min(most, max(least, int64(min(math.Ceil(m.left), 1<<53)))))
	}
	best := Need{Replicas: high, Probability: at(high)}
	if best.Probability < confidence {
		return best
	}
	best.Met = true
	for low := least; best.Replicas-low > 1; {
		r := low + (best.Replicas-low)/2
		if p := at(r); p >= confidence {
			best.Replicas, best.Probability = r, p
		} else {
			low = r
		}
	}
	return best
}

// peak returns where a probability that rises and then falls is largest. Where it is 0
// it still rises; where it stays above 0 it rises no more.
func peak(at func(int64) float64, low, high int64) int64 {
	for low < high {
		r := low + (high-low)/2
		if p := at(r); p == 0 || at(r+1) > p {
			low = r + 1
		} else {
			high = r
		}
	}
	return low
}
