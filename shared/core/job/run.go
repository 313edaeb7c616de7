package job

import (
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// Run is what the report says about the whole run of a life. It is folded at each tick
// and has at most 1 KB of JSON.
type Run struct {
	Replicas   float64     `json:"replicas,omitempty"` // replica-seconds of work
	Busy       float64     `json:"busy,omitempty"`     // those of them in which the replica held an item
	Milestones []Milestone `json:"milestones,omitempty"`
	Stall      *Stall      `json:"stall,omitempty"` // the longest one
}

// Milestone is the forecast when a share of the items was completed. Times are Unix
// milliseconds; 0 if the finish was over a century away.
type Milestone struct {
	Share float64 `json:"share"` // of milestoneShares
	At    int64   `json:"at"`
	P10   int64   `json:"p10"`
	P50   int64   `json:"p50"`
	P90   int64   `json:"p90"`
}

// milestoneShares are the shares of the items at which the forecast is kept, to compare it
// with the end.
var milestoneShares = [...]float64{.25, .5, .75}

// Stall is a time without an advance, in Unix milliseconds, and its likely cause as it
// was when the stall was noticed.
type Stall struct {
	Since int64          `json:"since"`
	Until int64          `json:"until"`
	Cause forecast.Cause `json:"cause"`
}

// work returns the run after one more point. held is how many items the workers held
// since the point before.
func (r Run) work(before, next forecast.Point, held int64) Run {
	if before.At == 0 || next.Held || next.At <= before.At {
		return r
	}
	seconds := float64(next.At-before.At) / 1000
	r.Replicas += seconds * float64(before.Working)
	r.Busy += seconds * float64(min(max(held, 0), before.Working))
	return r
}

// milestone returns the run with the forecast at a sample, if that is the first one beyond a
// share of milestoneShares.
func (r Run) milestone(x sample.Sample, p *forecast.Prospect) Run {
	reached, last := 0.0, 0.0
	for _, share := range milestoneShares {
		if x.Job >= share {
			reached = share
		}
	}
	if n := len(r.Milestones); n > 0 {
		last = r.Milestones[n-1].Share
	}
	if !p.Known() || reached <= last || x.Job >= 1 {
		return r
	}
	o := p.Outlook()
	kept := Milestone{Share: reached, At: x.At, P10: millis(o.P10), P50: millis(o.P50), P90: millis(o.P90)}
	r.Milestones = append(append(make([]Milestone, 0, len(r.Milestones)+1), r.Milestones...), kept)
	return r
}

// millis returns a time in Unix milliseconds; 0 for the zero time.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// stalled returns the run after a tick. since is when the job advanced last, cause why it
// has not since.
func (r Run) stalled(since, now time.Time, cause forecast.Cause) Run {
	s := Stall{Since: since.UnixMilli(), Until: now.UnixMilli(), Cause: cause}
	switch longest := r.Stall; {
	case cause == forecast.CauseNone || s.Since == 0:
		return r
	case longest == nil, longest.Since != s.Since && longest.Until-longest.Since < s.Until-s.Since:
	case longest.Since == s.Since:
		s.Cause, s.Until = longest.Cause, max(longest.Until, s.Until)
	default:
		return r
	}
	r.Stall = &s
	return r
}
