package monitor

import (
	"time"

	"kubejobs/shared/core/job"
)

// ControlStatus is the status of the control of a job's replicas: what was asked for, with
// all defaults filled in, and what was decided last.
type ControlStatus struct {
	Min        int64       `json:"min_replicas"`
	Max        int64       `json:"max_replicas"`
	Confidence float64     `json:"confidence"`
	Graceful   bool        `json:"graceful"`
	Actuator   string      `json:"actuator"`
	Target     *job.Target `json:"target"` // null with the actuator redis

	Replicas *int64     `json:"replicas"` // that the job should have; null before the first decision
	Reason   string     `json:"reason,omitempty"`
	Since    *time.Time `json:"since"` // when another number was decided last
	Asked    *int64     `json:"asked"` // replicas that the target asks for; null while unknown
	Changes  int64      `json:"changes"`
	// Held means that a number that somebody else asked for is respected.
	Held bool `json:"held"`
	// Unreachable means that no allowed number meets the deadline with the confidence.
	Unreachable bool    `json:"cannot_be_met"`
	Probability float64 `json:"probability"`     // of meeting the deadline; 0 while unknown
	Error       string  `json:"error,omitempty"` // why nothing could be decided at the last tick
}

// newControlStatus returns the status of the control of a job; nil if it has none.
func newControlStatus(spec job.Spec, state job.State) *ControlStatus {
	c := spec.Control
	if c == nil {
		return nil
	}
	status := &ControlStatus{
		Min: c.Min, Max: c.Max, Confidence: c.Confidence, Graceful: c.Graceful, Actuator: c.Actuator, Target: c.Target,
		Changes: state.Changes.Count,
	}
	last := state.Control
	if last == nil {
		return status
	}
	status.Error = last.Error
	if last.Error == "" {
		status.Asked = &last.Asked
	}
	if last.Sequence == 0 {
		return status
	}
	since := time.UnixMilli(last.Since).UTC()
	status.Replicas, status.Reason, status.Since = &last.Wanted, last.Reason, &since
	status.Held, status.Unreachable, status.Probability = last.Held, last.Unreachable, last.Probability
	return status
}
