package forecast

import (
	"time"

	"kubejobs/shared/core/sample"
)

// Status is the health of a running job.
type Status string

const (
	// StatusOK is a job that is not known to miss its deadline.
	StatusOK Status = "ok"
	// StatusAtRisk is a job that will miss its deadline at its current rate.
	StatusAtRisk Status = "at-risk"
	// StatusStalled is a job that has stopped advancing.
	StatusStalled Status = "stalled"
	// StatusSuspended is a job that Kubernetes suspended. It is a status to show;
	// Judge does not return it.
	StatusSuspended Status = "suspended"
	// StatusUnobserved is a job whose queue cannot be read. It is a status to
	// show; Judge does not return it.
	StatusUnobserved Status = "unobserved"
)

const (
	// turn is the number of consecutive samples that must agree before a job is,
	// or is no longer, at risk: one slow item is no risk.
	turn = 5
	// quietPeriods is the least number of periods without an advance that count
	// as a stall.
	quietPeriods = 10
	// quietGaps is how many times as long as the longest pause so far a pause
	// must be to count as a stall.
	quietGaps = 3
	// coarse is the assumed number of equal steps in which a job uses up its
	// budget, until the first advance is seen.
	coarse = 5
)

// Health is the health of a job, and what Judge remembers of its samples. The
// zero value is a job without samples.
type Health struct {
	Status   Status  `json:"status,omitempty"`   // "" is StatusOK
	Against  int     `json:"against,omitempty"`  // consecutive samples that contradict Status
	Since    int64   `json:"since,omitempty"`    // time of the first judgement, Unix milliseconds
	Progress float64 `json:"progress,omitempty"` // the highest job progress
	Advanced int64   `json:"advanced,omitempty"` // when Progress rose last, Unix milliseconds; 0: never
	Gap      int64   `json:"gap,omitempty"`      // longest pause between two advances, milliseconds
}

// Now returns the job's status.
func (h Health) Now() Status {
	if h.Status == "" {
		return StatusOK
	}
	return h.Status
}

// Hold returns the health of a job that is suspended at the sample next: the
// time until then is no pause between two advances, so it cannot be a stall.
func (h Health) Hold(next sample.Sample) Health {
	if h.Since == 0 {
		h.Progress = next.Job
	}
	h.Since = next.At
	return h
}

// Plan is what Judge compares a job with.
type Plan struct {
	Items  int64 // > 0
	Budget time.Duration
	Period time.Duration
}

// Judge returns the health of a running job after one more sample, next. late says
// whether the job will rather miss its deadline than meet it, see Outlook.AtRisk.
//
// A job is stalled if its progress is below 1 and has not risen for longer than
// both ten periods and three times the longest pause between two rises so far.
// Before the first rise, a fifth of the budget replaces the three pauses (with
// fewer than five items, the budget divided by the items). A job is at risk if
// five consecutive samples said that it will be late. It is no longer at risk after
// five consecutive samples that said the opposite.
//
// Worked: period 2 s, pauses of up to 10 s: stalled after 30 s.
func Judge(h Health, plan Plan, next sample.Sample, late bool) Health {
	if h.Since == 0 {
		h.Since, h.Progress = next.At, next.Job
	}
	pause := next.At - max(h.Since, h.Advanced)
	limit := h.limit(plan)
	if next.Job > h.Progress {
		if pause <= limit { // a stall does not count as a pause
			h.Gap = max(h.Gap, pause)
		}
		h.Progress, h.Advanced = next.Job, next.At
		pause = 0
	}
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

// turned returns the health with a new status.
func (h Health) turned(status Status) Health {
	h.Status, h.Against = status, 0
	return h
}

// limit returns the longest pause that is not a stall, in milliseconds.
func (h Health) limit(plan Plan) int64 {
	expected := quietGaps * h.Gap
	if h.Advanced == 0 {
		expected = plan.Budget.Milliseconds() / min(max(plan.Items, 1), coarse)
	}
	return max(expected, quietPeriods*plan.Period.Milliseconds())
}
