package monitor

import (
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

// Phase is where a job is in its life.
type Phase string

const (
	// PhasePending is a job whose work has not been seen yet.
	PhasePending Phase = "pending"
	// PhaseRunning is a job whose work has been seen.
	PhaseRunning Phase = "running"
	// PhaseFinished is a job that completed; it has a report.
	PhaseFinished Phase = "finished"
	// PhaseFailed is a job that failed, or that could not be observed too many
	// times in a row; it has a report.
	PhaseFailed Phase = "failed"
	// PhaseStopped is a job whose monitoring was ended by a caller.
	PhaseStopped Phase = "stopped"
)

// Living tells whether a job in this phase is ticked.
func (p Phase) Living() bool { return p == PhasePending || p == PhaseRunning }

// State is what ticks change.
type State struct {
	Phase     Phase            `json:"phase"`
	Begun     bool             `json:"begun,omitempty"`    // work has been seen
	Failures  int              `json:"failures,omitempty"` // in a row
	LastError string           `json:"last_error,omitempty"`
	Reason    string           `json:"reason,omitempty"` // why the job ended
	EndedAt   int64            `json:"ended_at,omitempty"`
	Summary   summary.Summary  `json:"summary"`
	History   history.Index    `json:"history"`
	Ticks     accounting.Ticks `json:"ticks"`
	Health    forecast.Health  `json:"health"`
	Sequence  int64            `json:"sequence,omitempty"` // of the last event
	Outbox    []Event          `json:"outbox,omitempty"`   // not acknowledged, oldest first
}

// Kept tells whether the sweep must still see the job: it lives, or owes events.
func (s State) Kept() bool { return s.Phase.Living() || len(s.Outbox) > 0 }

// newState is that of a job that was just started. Events that an earlier life
// of its id still owes are carried on.
func newState(spec Spec, begun bool, owed []Event) State {
	return State{
		Phase:  PhasePending,
		Begun:  begun,
		Ticks:  accounting.New(spec.Schedule(), spec.Accepted),
		Outbox: owed,
	}
}

// end is the state of a job that is not ticked any more.
func (s State) end(phase Phase, reason string, now time.Time) State {
	s.Phase, s.Reason, s.EndedAt = phase, reason, now.UnixMilli()
	return s
}

// Record is all that the store knows of a job.
type Record struct {
	Spec      Spec
	State     State
	Revision  int64 // of State: a commit names the one that it started from
	Scheduled bool  // its schedule was created
	Duplicate int64 // deliveries of a tick that had been committed before
	Surplus   int64 // ticks too close to another
	Tick      *TickRecord
	Job       *JobStatus // as it was saved; nil if it never was
	// Publishers is how those that failed once did last, by name.
	Publishers map[string]PublisherState
}

// TickRecord is what the store keeps of a committed tick for a while.
type TickRecord struct {
	Sample *sample.Sample // nil: the tick could not observe the job
}
