package monitor

import (
	"fmt"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/core/sample"
)

// change is what a tick makes of a job's state.
type change struct {
	state   State
	sample  *sample.Sample
	settled *sample.Sample
	step    history.Step
}

// advance is the state after a tick that observed the job. It is pure.
//
//	pending ──work seen──▶ running ──complete──▶ finished
//	                          └─────Job failed──▶ failed
//
// A timestamp is raised where needed: samples of a job rise strictly.
func advance(spec Spec, state State, obs Observation) change {
	state.Begun = state.Begun || begun(obs)
	if state.Begun {
		state.Phase = PhaseRunning
	}
	p := progress.Compute(progress.Facts{
		Items:    spec.Items,
		Queued:   obs.Queue.Queued,
		InFlight: obs.Queue.InFlight,
		Begun:    state.Begun,
		Elapsed:  obs.At.Sub(spec.Submitted),
		Budget:   spec.Budget,
	})
	next := sample.Sample{
		At: obs.At.UnixMilli(), Job: p.Job, Time: p.Time, Error: p.Error, Replicas: replicas(obs),
	}
	if last := state.Summary.Last; last != nil {
		next.At = max(next.At, last.At+1)
	}
	c := change{sample: &next}
	state.Summary, c.settled = state.Summary.Fold(next)
	if c.settled != nil {
		state.History, c.step = state.History.Offer()
	}
	state.Failures = 0
	switch phase, reason := ending(state.Begun, obs); phase {
	case PhaseFinished, PhaseFailed:
		state = state.end(phase, reason, obs.At)
	case PhasePending, PhaseRunning, PhaseStopped:
		if state.Phase == PhaseRunning {
			state.Health = forecast.Judge(state.Health, plan(spec), *state.Summary.First, next)
		}
	}
	c.state = state
	return c
}

// plan is what a job's health is judged by.
func plan(spec Spec) forecast.Plan {
	return forecast.Plan{
		Items: spec.Items, Budget: spec.Budget, Deadline: spec.Deadline(), Period: spec.Schedule().Every,
	}
}

// fail is the state after a tick that could not observe the job: failures are
// counted in a row, and the retries-th ends the job. It is pure.
func fail(state State, cause string, retries int, now time.Time) change {
	state.Failures++
	state.LastError = cause
	if state.Failures >= retries {
		state = state.end(PhaseFailed, fmt.Sprintf("%d failures in a row, the last: %s", state.Failures, cause), now)
	}
	return change{state: state}
}

// begun tells whether an observation shows that there is or was work. Empty
// lists alone do not: they may not be filled yet.
func begun(obs Observation) bool {
	q := obs.Queue
	if q.Queued > 0 || q.InFlight > 0 || q.Results > 0 {
		return true
	}
	return obs.Job != nil && (obs.Job.Started || obs.Job.Active > 0 || obs.Job.Complete || obs.Job.Failed)
}

// ending is the phase that an observation ends a job with, and why; the zero
// phase if it goes on. With Kubernetes the Job's conditions say so, without it
// the queue: work was seen and both lists are empty.
func ending(begun bool, obs Observation) (Phase, string) {
	switch {
	case obs.Job != nil && obs.Job.Complete:
		return PhaseFinished, "the Job is complete"
	case obs.Job != nil && obs.Job.Failed:
		return PhaseFailed, "the Job failed: " + obs.Job.Reason
	case obs.Job == nil && begun && obs.Queue.Queued == 0 && obs.Queue.InFlight == 0:
		return PhaseFinished, "the queue is empty"
	default:
		return PhaseRunning, ""
	}
}

// replicas is the number of active pods; without Kubernetes it is the number
// of items in flight, as each worker holds one.
func replicas(obs Observation) int64 {
	if obs.Job != nil {
		return obs.Job.Active
	}
	return obs.Queue.InFlight
}
