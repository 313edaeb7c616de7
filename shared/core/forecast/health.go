package forecast

import (
	"time"

	"kubejobs/shared/core/sample"
)

// Status is how a running job fares.
type Status string

const (
	// StatusOK is a job that will make its deadline as far as can be told.
	StatusOK Status = "ok"
	// StatusAtRisk is a job that will miss its deadline, as it goes now.
	StatusAtRisk Status = "at-risk"
	// StatusStalled is a job that has stopped to advance.
	StatusStalled Status = "stalled"
)

const (
	// turn is how many samples in a row must say the same before a job is, or is
	// no longer, at risk: one slow item is no risk.
	turn = 5
	// quietPeriods is the least number of periods without an advance that make
	// a stall.
	quietPeriods = 10
	// quietGaps is how many times the longest pause between two advances so far
	// a pause must last to be a stall.
	quietGaps = 3
	// coarse is the number of equal steps that the budget is taken to be worked
	// off in before the first advance is seen.
	coarse = 5
)

// Health is how a job fares, and what is remembered to judge it. The zero value
// is a job that nothing is known of yet.
type Health struct {
	Status   Status  `json:"status,omitempty"`   // "" is StatusOK
	Against  int     `json:"against,omitempty"`  // samples in a row that say otherwise
	Since    int64   `json:"since,omitempty"`    // when it was judged first, Unix milliseconds
	Progress float64 `json:"progress,omitempty"` // the highest job progress
	Advanced int64   `json:"advanced,omitempty"` // when that rose last, Unix milliseconds; 0: never
	Gap      int64   `json:"gap,omitempty"`      // longest pause between two advances, milliseconds
}

// Now is the job's status.
func (h Health) Now() Status {
	if h.Status == "" {
		return StatusOK
	}
	return h.Status
}

// Plan is what a job is judged by.
type Plan struct {
	Items    int64 // > 0
	Budget   time.Duration
	Deadline time.Time
	Period   time.Duration
}

// Judge is the health after one more sample of a job that runs; first is the
// job's first sample, which may be of a time before it ran.
//
// It is stalled when its progress, under 1, has not risen for longer than ten
// periods and thrice the longest pause between two rises so far; before the
// first rise, than ten periods and a fifth of the budget (with fewer than five
// items, the budget's share of one). It is at risk when the estimated finish is
// later than the deadline, or the deadline has passed, in five samples in a
// row, and no longer when the opposite holds as often.
//
// Worked: period 2 s, pauses of up to 10 s: stalled after 30 s.
func Judge(h Health, plan Plan, first, next sample.Sample) Health {
	if h.Since == 0 {
		h.Since, h.Progress = next.At, next.Job
	}
	pause := next.At - max(h.Since, h.Advanced)
	limit := h.limit(plan)
	if next.Job > h.Progress {
		if pause <= limit { // a stall is no pause between two advances
			h.Gap = max(h.Gap, pause)
		}
		h.Progress, h.Advanced = next.Job, next.At
		pause = 0
	}
	late := lateAt(plan, first, next)
	switch {
	case next.Job < 1 && pause > limit:
		return h.turned(StatusStalled)
	case h.Now() == StatusStalled && late:
		return h.turned(StatusAtRisk)
	case h.Now() == StatusStalled:
		return h.turned(StatusOK)
	case late == (h.Now() == StatusAtRisk):
		h.Against = 0
	case h.Against+1 < turn:
		h.Against++
	case late:
		return h.turned(StatusAtRisk)
	default:
		return h.turned(StatusOK)
	}
	return h
}

func (h Health) turned(status Status) Health {
	h.Status, h.Against = status, 0
	return h
}

// limit is the longest pause that is no stall, in milliseconds.
func (h Health) limit(plan Plan) int64 {
	expected := quietGaps * h.Gap
	if h.Advanced == 0 {
		expected = plan.Budget.Milliseconds() / min(max(plan.Items, 1), coarse)
	}
	return max(expected, quietPeriods*plan.Period.Milliseconds())
}

// lateAt tells whether a job will miss its deadline as it goes at next; false
// while that cannot be told.
func lateAt(plan Plan, first, next sample.Sample) bool {
	if finish := Estimate(plan.Items, first, next).Finish; !finish.IsZero() {
		return finish.After(plan.Deadline)
	}
	return next.Moment().After(plan.Deadline)
}
