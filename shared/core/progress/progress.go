// Package progress computes how far a job is compared with how far it should be.
// All shares are dimensionless; 1 is the whole.
package progress

import (
	"math"
	"time"
)

// Facts are what one tick knows about a job.
type Facts struct {
	Items    int64         // number of items at the start of the job, > 0
	Queued   int64         // items that wait
	InFlight int64         // items that a worker holds
	WorkSeen bool          // before work was seen, an empty queue means "not filled yet"
	Elapsed  time.Duration // since submission
	Budget   time.Duration // expected time, > 0
}

// Progress is how far a job is. The names are those of the Asperathos
// Monitor's metrics job_progress, time_progress and application_progress_error.
type Progress struct {
	Job   float64 `json:"job"`   // completed share of the items, in [0, 1]
	Time  float64 `json:"time"`  // elapsed share of the budget, >= 0, above 1 once the deadline passed
	Error float64 `json:"error"` // Job - Time: negative means late
}

// Compute returns the progress of a job:
//
//	job   = (items - queued - in flight) / items   clamped to [0, 1]
//	time  = elapsed / budget                       never negative, not clamped above
//	error = job - time
//
// Worked: 6 items of which 2 wait and 1 is in flight, 4 s into 60 s:
// job 3/6 = 0.5, time 4/60 = 0.0667, error 0.4333.
func Compute(f Facts) Progress {
	job, elapsed := Job(f), Share(f.Elapsed, f.Budget)
	return Progress{Job: job, Time: elapsed, Error: job - elapsed}
}

// Job returns the completed share of the items. It is 0 for Items <= 0 (Start
// refuses such a job), before work was seen, and if the lists hold more items
// than the job had. A true 0 stays 0.
func Job(f Facts) float64 {
	if f.Items <= 0 || !f.WorkSeen {
		return 0
	}
	return clamp(float64(Completed(f)) / float64(f.Items))
}

// Completed returns the number of completed items, in [0, Items].
func Completed(f Facts) int64 {
	if !f.WorkSeen {
		return 0
	}
	left := saturatingAdd(max(f.Queued, 0), max(f.InFlight, 0))
	return min(max(f.Items-left, 0), max(f.Items, 0))
}

// Share returns elapsed as a share of budget. It does not wrap after 24 h, as
// the Asperathos Monitor does. It is 0 for a submission in the future and for a
// budget <= 0 (Start refuses such a job).
func Share(elapsed, budget time.Duration) float64 {
	if elapsed <= 0 || budget <= 0 {
		return 0
	}
	return float64(elapsed) / float64(budget)
}

// clamp limits a share to [0, 1]; NaN becomes 0.
func clamp(share float64) float64 {
	if math.IsNaN(share) {
		return 0
	}
	return min(max(share, 0), 1)
}

// saturatingAdd adds two non-negative numbers; the sum is at most the largest
// int64.
func saturatingAdd(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
