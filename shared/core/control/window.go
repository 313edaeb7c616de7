package control

import "math"

const (
	// window is how long a recommendation counts at least, in milliseconds, and
	// windowShare the share of the run for which it does.
	window      = 60_000
	windowShare = .4
	// slots bounds the recommendations that are remembered.
	slots = 15
)

// pairs are times in Unix milliseconds and numbers.
type pairs [][2]int64

// largest adds a recommendation and returns those of the last length milliseconds that are
// larger than all later ones, so that the first is the largest. There are at most slots + 1:
// of two in the same fifteenth of the length the larger one stands for both, with the time
// of the later one.
func (q pairs) largest(at, n, length int64) pairs {
	kept := make(pairs, 0, len(q)+1)
	for _, r := range q {
		if age := since(r[0], at); age >= 0 && age <= length && r[1] > n && len(kept) < slots {
			kept = append(kept, r)
		}
	}
	slot := length / slots
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
