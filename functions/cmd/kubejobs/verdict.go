package main

import (
	"fmt"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Exit statuses of watch, besides 0 for a deadline that was met and 1 if the job
// could not be watched.
const (
	errLate   exitError = 2
	errFailed exitError = 3 // or stopped
)

// answer is a job's status as a server answers it.
type answer struct {
	monitor.Status

	// Missing in the answers of older servers.
	DeadlineMet *bool    `json:"deadline_met"`
	Spare       *float64 `json:"spare_seconds"`
}

// verdict returns how an ended job did against its deadline, and the exit status
// that says so.
func (a answer) verdict() (string, error) {
	switch {
	case a.Phase == job.PhaseFinished && a.EndedAt != nil:
	case a.Reason == "":
		return printable(string(a.Phase)), errFailed
	default:
		return printable(fmt.Sprintf("%s: %s", a.Phase, a.Reason)), errFailed
	}
	spare := a.Deadline.Sub(*a.EndedAt).Seconds()
	if a.Spare != nil {
		spare = *a.Spare
	}
	met := spare >= 0
	if a.DeadlineMet != nil {
		met = *a.DeadlineMet
	}
	if met {
		return fmt.Sprintf("deadline met, %.1f s to spare", max(spare, 0)), nil
	}
	return fmt.Sprintf("%.1f s late", max(-spare, 0.1)), errLate
}
