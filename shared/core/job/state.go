package job

import (
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/summary"
)

// State is the part of a job that ticks change.
type State struct {
	Phase     Phase       `json:"phase"`
	WorkSeen  bool        `json:"begun,omitempty"`
	Suspended bool        `json:"suspended,omitempty"` // Kubernetes suspended the Job
	KubeSeen  bool        `json:"kube_seen,omitempty"` // the Job of Kubernetes has existed
	Queue     *QueueCount `json:"queue,omitempty"`     // as it was read last
	QueueGap  *Gap        `json:"queue_gap,omitempty"` // nil: the last tick read the queue
	KubeGap   *Gap        `json:"kube_gap,omitempty"`  // nil: the last tick knew the status of the Job
	Failures  int         `json:"failures,omitempty"`  // consecutive
	LastError string      `json:"last_error,omitempty"`
	// FailingSince is when the first of the consecutive failures happened, Unix
	// milliseconds.
	FailingSince int64            `json:"failing_since,omitempty"`
	Reason       string           `json:"reason,omitempty"`   // why the job ended
	EndedAt      int64            `json:"ended_at,omitempty"` // Unix milliseconds
	Summary      summary.Summary  `json:"summary"`
	History      history.Index    `json:"history"`
	Ticks        accounting.Ticks `json:"ticks"`
	Health       forecast.Health  `json:"health"`
	Course       *forecast.Course `json:"course,omitempty"` // nil: no sample yet
	Asked        int64            `json:"asked,omitempty"`  // replicas that the job asks for; 0 while unknown
	Changes      ScaleChanges     `json:"changes,omitzero"`
	Run          Run              `json:"run,omitzero"`
	Control      *Controlled      `json:"control,omitempty"`  // nil: nothing was decided yet
	Sequence     int64            `json:"sequence,omitempty"` // of the last event
	Outbox       []Event          `json:"outbox,omitempty"`   // not acknowledged, oldest first
	// Unpushed is the id of the tick that ended the job, until the last sample, which that
	// tick took, is in the Controller's list.
	Unpushed string `json:"unpushed,omitempty"`
}

// New returns the state of a job that was just started. outbox holds the events
// that an earlier life of the same ID has not delivered; the new life delivers
// them.
func New(spec Spec, workSeen bool, outbox []Event) State {
	return State{
		Phase:    PhasePending,
		WorkSeen: workSeen,
		Ticks:    accounting.New(spec.Schedule(), spec.Accepted),
		Outbox:   outbox,
	}
}

// Listed reports whether the store must list the job for the sweep: it is
// living, or it has undelivered events or a last sample that was not pushed.
func (s State) Listed() bool { return s.Phase.Living() || len(s.Outbox) > 0 || s.Unpushed != "" }

// Ended returns the state of the job after it ended in the given phase.
func (s State) Ended(phase Phase, reason string, now time.Time) State {
	s.Phase, s.Reason, s.EndedAt = phase, failure.Clean(reason), now.UnixMilli()
	return s
}
