package control

import "math"

const (
	// window is how long a recommendation counts, in milliseconds.
	window = 60_000
	// slot is the time within which the larger of two recommendations stands for both.
	slot = window / 15
)

// pairs are times in Unix milliseconds and numbers.
type pairs [][2]int64

// largest adds a recommendation and returns those of the last minute that are larger than
// all later ones, so that the first is the largest. There are at most 16: of two within 4
// s the larger one stands for both until it is a minute after the later one.
func (q pairs) largest(at, n int64) pairs {
	kept := make(pairs, 0, len(q)+1)
	for _, r := range q {
		if age := since(r[0], at); age >= 0 && age <= window && r[1] > n && len(kept) < window/slot {
			kept = append(kept, r)
		}
	}
	if last := len(kept) - 1; last >= 0 && kept[last][0]/slot == at/slot {
		kept[last][0] = at
		return kept
	}
	return append(kept, [2]int64{at, n})
}

// since returns later - earlier without overflow.
func since(earlier, later int64) int64 {
	switch d := later - earlier; {
	case later >= earlier && d < 0:
		return math.MaxInt64
	case later < earlier && d > 0:
		return math.MinInt64
	default:
		return d
	}
}
