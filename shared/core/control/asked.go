package control

import (
	"math"
	"time"

	"kubejobs/shared/core/forecast"
)

// asked is what the number that a job was asked for says about who changes it.
//
// An observation is late or out of order where it comes from a cache, and an action takes
// effect late or not at all. So a number that was decided before, or that the job had
// before, is no change of somebody else's, unless it stays although the last decision
// was in effect. Any other number is: nobody else would have asked for it.
type asked struct {
	Seen   int64 `json:"seen,omitempty"`   // last, as far as it is not out of date
	Ours   pairs `json:"ours,omitempty"`   // earlier decisions: until when, and the number
	Odd    int64 `json:"odd,omitempty"`    // since when an earlier decision is seen again, Unix milliseconds
	Worked bool  `json:"worked,omitempty"` // replicas worked at the last point
	Until  int64 `json:"until,omitempty"`  // somebody else's number is respected until then
}

const (
	// ownNumbers bounds the earlier decisions that are remembered.
	ownNumbers = 8
	// outOfDate is how long an observation may be out of date, in milliseconds.
	outOfDate = 30_000
)

// held reports whether somebody else's number is respected.
func (a asked) held(at int64) bool { return a.Until != 0 && a.Until > at }

// supersede remembers n, which was decided until now.
func (a asked) supersede(n, at int64) asked {
	ours := make(pairs, 0, len(a.Ours)+1)
	for _, o := range a.Ours {
		if o[1] != n {
			ours = append(ours, o)
		}
	}
	ours = append(ours, [2]int64{at, n})
	a.Ours = ours[max(0, len(ours)-ownNumbers):]
	return a
}

// decided reports whether n was decided before.
func (a asked) decided(n int64) bool {
	for _, o := range a.Ours {
		if o[1] == n {
			return true
		}
	}
	return false
}

// see returns a after a point. replicas is the last decision; first, that it is made at
// this point.
func (a asked) see(point forecast.Point, replicas int64, hold time.Duration, first bool) asked {
	worked := a.Worked
	a.Worked = point.Working > 0
	n := point.Asked
	if n <= 0 || hold <= 0 {
		if hold <= 0 {
			a.Until = 0
		}
		return a
	}
	odd := a.Odd
	a.Odd = 0
	switch {
	case first, a.Seen == 0, n == a.Seen, n == replicas:
	case a.decided(n):
		if a.Seen != replicas {
			break // an action took effect late
		}
		if a.Odd = odd; odd == 0 {
			a.Odd = point.At
		}
		if since(a.Odd, point.At) < outOfDate {
			return a
		}
		a.Odd = 0
		a = a.respect(point.At, hold)
	case worked && point.Working == 0: // another Job of this name
	default:
		a = a.respect(point.At, hold)
	}
	if a.Seen != n && a.Seen != 0 {
		a = a.supersede(a.Seen, point.At)
	}
	a.Seen = n
	return a
}

func (a asked) respect(at int64, hold time.Duration) asked {
	a.Until = at + min(hold.Milliseconds(), math.MaxInt64-max(at, 0))
	return a
}
