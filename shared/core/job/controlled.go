package job

import (
	"kubejobs/shared/core/control"
	"kubejobs/shared/core/failure"
)

// Controlled is what the state of a controlled job remembers of the decisions about its
// replicas. It belongs to one life.
type Controlled struct {
	Memory   control.Memory `json:"memory,omitzero"`
	Sequence int64          `json:"sequence,omitempty"` // of the decisions that changed Wanted; 0: none yet
	Wanted   int64          `json:"wanted"`             // replicas, as decided last
	Reason   string         `json:"reason,omitempty"`
	Since    int64          `json:"since,omitempty"` // when Wanted was decided, Unix milliseconds
	Asked    int64          `json:"asked"`           // replicas that the target asked for when last seen
	// Held means that the number that somebody else asked for is respected.
	Held bool `json:"held,omitempty"`
	// Unreachable means that no allowed number meets the deadline with the confidence;
	// Probability is that of meeting it with Wanted, 0 if unknown.
	Unreachable bool    `json:"unreachable,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	// Error is why nothing could be decided at the last tick; "" if that was possible.
	Error string `json:"error,omitempty"`
}

// maxReason bounds the reason of a decision, in characters.
const maxReason = 120

// control decides how many replicas a controlled job should have, after everything else
// of the tick. It decides nothing without a sample, for a job that is suspended or has
// ended, while the replicas are unknown, and while no item is left: the workers end by
// themselves, and a Job with completions left needs its pods for them.
func (t *Transition) control(spec *Spec, obs *Observation) {
	c, state := spec.Control, &t.State
	if c == nil || obs.Undecided || t.Sample == nil || !state.Phase.Living() || state.Suspended || state.Queue.Left() == 0 {
		return
	}
	var next Controlled
	if state.Control != nil {
		next = *state.Control
	}
	state.Control, t.Decided = &next, true
	fleet, unknown := obs.fleet(spec, state)
	if fleet == nil {
		next.Error = failure.Clean("the replicas of " + c.Target.String() + " are unknown: " + unknown)
		return
	}
	next.Error, next.Asked = "", fleet.Asked
	if fleet.Idle {
		return
	}
	_, point := state.Course.Ends()
	point.Asked = state.Asked // the course holds at least those that work
	memory, d := c.policy(*fleet).Decide(next.Memory, point, t.Model, spec.Deadline())
	next.Memory, next.Held, next.Unreachable, next.Probability = memory, d.Held, d.Unreachable, d.Probability
	next.Reason = failure.Shorten(failure.Clean(d.Reason), maxReason)
	before := next.Wanted
	if next.Sequence == 0 {
		before = fleet.Asked
	}
	if next.Sequence == 0 || d.Replicas != next.Wanted {
		next.Sequence, next.Wanted, next.Since = next.Sequence+1, d.Replicas, t.Sample.At
	}
	if d.Replicas != before {
		state.Changes = state.Changes.Append(ScaleChange{At: t.Sample.At, From: before, To: d.Replicas, Reason: next.Reason})
	}
	if !d.Held && (c.Target == nil || d.Replicas != fleet.Asked) {
		t.Order = &Order{Replicas: d.Replicas, Sequence: next.Sequence, From: *fleet}
	}
}

// policy returns the policy of the decisions about a fleet.
func (c Control) policy(fleet Fleet) control.Policy {
	p := control.Policy{Min: c.Min, Max: c.Max, Confidence: c.Confidence, Graceful: c.Graceful}
	if fleet.Most != nil {
		p.Max = max(p.Min, min(p.Max, *fleet.Most))
	}
	if c.Target != nil {
		p.Hold = HumanHold // nobody else writes the number in Redis
	}
	return p
}
