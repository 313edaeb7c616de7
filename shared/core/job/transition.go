package job

import (
	"fmt"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/core/sample"
)

// Transition is what a tick makes of a job's state.
type Transition struct {
	State   State
	Sample  *sample.Sample // nil if the tick could not observe the job
	Settled *sample.Sample // the sample that the history may keep; nil if none
	Step    history.Step   // what the history does with Settled
}

// Advance returns the transition of a tick that observed the job:
//
//	pending ──work seen──▶ running ──complete──▶ finished
//	                          └─────Job failed──▶ failed
//
// Timestamps of a job's samples rise strictly: one that does not is raised by
// the least amount.
func Advance(spec Spec, state State, obs Observation) Transition {
	state.WorkSeen = state.WorkSeen || obs.workSeen()
	if state.WorkSeen {
		state.Phase = PhaseRunning
	}
	next := newSample(spec, state, obs)
	t := Transition{Sample: &next}
	state.Summary, t.Settled = state.Summary.Fold(next)
	if t.Settled != nil {
		state.History, t.Step = state.History.Offer()
	}
	state.Failures = 0
	switch phase, reason := obs.outcome(state.WorkSeen); phase {
	case PhaseFinished, PhaseFailed:
		state = state.Ended(phase, reason, obs.At)
	case PhasePending, PhaseRunning, PhaseStopped:
		if state.Phase == PhaseRunning {
			state.Health = forecast.Judge(state.Health, plan(spec), *state.Summary.First, next)
		}
	}
	t.State = state
	return t
}

// newSample returns the sample of an observation.
func newSample(spec Spec, state State, obs Observation) sample.Sample {
	p := progress.Compute(progress.Facts{
		Items:    spec.Items,
		Queued:   obs.Queue.Queued,
		InFlight: obs.Queue.InFlight,
		WorkSeen: state.WorkSeen,
		Elapsed:  obs.At.Sub(spec.Submitted),
		Budget:   spec.Budget,
	})
	next := sample.Sample{
		At: obs.At.UnixMilli(), Job: p.Job, Time: p.Time, Error: p.Error, Replicas: obs.replicas(),
	}
	if last := state.Summary.Last; last != nil {
		next.At = max(next.At, last.At+1)
	}
	return next
}

// plan returns what the job's health is judged by.
func plan(spec Spec) forecast.Plan {
	return forecast.Plan{
		Items: spec.Items, Budget: spec.Budget, Deadline: spec.Deadline(), Period: spec.Schedule().Every,
	}
}

// Fail returns the transition of a tick that could not observe the job. It
// counts consecutive failures; the limit-th ends the job as failed.
func Fail(state State, cause string, limit int, now time.Time) Transition {
	state.Failures++
	state.LastError = cause
	if state.Failures >= limit {
		state = state.Ended(PhaseFailed, fmt.Sprintf("%d failures in a row, the last: %s", state.Failures, cause), now)
	}
	return Transition{State: state}
}
