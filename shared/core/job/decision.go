package job

import (
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
)

// kubeGapPatience is how long the status of the Kubernetes Job may be unknown
// before the queue decides without it.
const kubeGapPatience = time.Minute

// Gap is a half of the observation that is missing.
type Gap struct {
	Since int64  `json:"since"` // Unix milliseconds
	Error string `json:"error"`
}

// next returns the gap after one more observation that misses the half for the
// reason in text; nil if text is "".
func (g *Gap) next(text string, now time.Time) *Gap {
	if text == "" {
		return nil
	}
	since := now.UnixMilli()
	if g != nil {
		since = g.Since
	}
	return &Gap{Since: since, Error: failure.Clean(text)}
}

// decision is what an observation says about the course of a job.
type decision struct {
	phase  Phase  // the job ends in; "" if it goes on
	reason string // why it ends
	cause  string // of a failed observation; "" if there is none
	lost   bool   // the queue was lost, so its lengths measure no progress
}

// decide returns what an observation means for a job in the given state, whose
// gaps are already those of the observation. What is known decides:
//
//   - A Job that is complete or has failed ends the job, also if it was deleted
//     since, and whether the queue can be read or not.
//   - A queue that was lost is a failure.
//   - Without Kubernetes, without a Job, or if its status has been unknown for a
//     minute, the job is finished once work was seen and both lists are empty.
//   - A Job that existed and was deleted while items are left is a failure.
//   - A queue that cannot be read is a failure.
func decide(spec *Spec, state *State, obs *Observation) decision {
	count, kube := obs.Queue.Count, obs.Kube.Status
	lost := ""
	if count != nil {
		lost = lostCause(spec.Items, state.Queue, *count)
	}
	switch {
	case kube != nil && kube.Failed:
		return decision{phase: PhaseFailed, reason: "the Job failed: " + kube.Reason + remainder(spec.Items, count), lost: lost != ""}
	case kube != nil && kube.Complete && lost != "":
		return decision{phase: PhaseFailed, reason: "the Job is complete, but " + lost, lost: true}
	case kube != nil && kube.Complete:
		return decision{phase: PhaseFinished, reason: "the Job is complete" + remainder(spec.Items, count)}
	case lost != "":
		return decision{cause: lost, lost: true}
	case count == nil && obs.Kube.Absent && state.KubeSeen:
		return decision{cause: "the Job was deleted; the queue could not be read: " + obs.Queue.Error}
	case count == nil:
		return decision{cause: obs.Queue.Error}
	case state.WorkSeen && count.Left() == 0 && queueDecides(state, obs):
		reason := "the queue is empty"
		if obs.Kube.Absent && state.KubeSeen {
			reason = "the Job was deleted and the queue is empty"
		}
		return decision{phase: PhaseFinished, reason: reason + remainder(spec.Items, count)}
	case obs.Kube.Absent && state.KubeSeen:
		return decision{cause: "the Job was deleted" + remainder(spec.Items, count)}
	default:
		return decision{}
	}
}

// queueDecides reports whether an empty queue ends the job.
func queueDecides(state *State, obs *Observation) bool {
	if !obs.Kube.Asked || obs.Kube.Absent {
		return true
	}
	return state.KubeGap != nil && obs.At.Sub(time.UnixMilli(state.KubeGap.Since)) >= kubeGapPatience
}

// FailureLimit says how many consecutive failed observations, over how long,
// end a job. Both must be exceeded.
type FailureLimit struct {
	Count int
	For   time.Duration
}

// failed counts a failed observation. It ends the job once the limit is reached.
func (s State) failed(cause string, limit FailureLimit, now time.Time) State {
	if s.Failures == 0 {
		s.FailingSince = now.UnixMilli()
	}
	s.Failures++
	s.LastError = failure.Clean(cause)
	if s.Failures >= limit.Count && now.Sub(time.UnixMilli(s.FailingSince)) >= limit.For {
		return s.Ended(PhaseFailed, fmt.Sprintf("%d failures in a row, the last: %s", s.Failures, cause), now)
	}
	return s
}
