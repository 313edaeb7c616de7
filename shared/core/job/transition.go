package job

import (
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/core/sample"
)

// Transition is what a tick makes of a job's state.
type Transition struct {
	State   State
	Sample  *sample.Sample // nil if the tick could not measure the progress
	Settled *sample.Sample // the sample that the history may keep; nil if none
	Step    history.Step   // what the history does with Settled

	// Model is that of the state's course; nil if there is not enough data, or no
	// sample.
	Model *forecast.Model
	// Prospect is what Model says; nil without a sample.
	Prospect *forecast.Prospect

	// Decided means that the number of replicas was decided, or why that is not possible.
	Decided bool
	// Order is what an actuator has to do once the state is committed; nil if nothing.
	Order *Order
}

// Advance returns the transition of a tick:
//
//	pending ──work seen──▶ running ──complete──▶ finished
//	                          └─────Job failed──▶ failed
//
// A half of the observation that is missing is recorded in the state. If the
// queue could not be read, or was lost, there is no sample; consecutive failures
// end the job at the limit. Timestamps of a job's samples rise strictly: one
// that does not is raised by the least amount.
func Advance(spec *Spec, state *State, obs *Observation, limit FailureLimit) Transition {
	t := Transition{State: *state}
	t.advance(spec, obs, limit)
	return t
}

func (t *Transition) advance(spec *Spec, obs *Observation, limit FailureLimit) {
	state := &t.State
	state.WorkSeen = state.WorkSeen || obs.workSeen()
	if state.WorkSeen && state.Phase == PhasePending {
		state.Phase = PhaseRunning
	}
	state.QueueGap = state.QueueGap.next(obs.Queue.Error, obs.At)
	state.KubeGap = state.KubeGap.next(obs.Kube.Error, obs.At)
	if kube := obs.Kube.Status; kube != nil {
		state.KubeSeen, state.Suspended = true, kube.Suspended && !kube.Complete && !kube.Failed
	}
	state.KubeSeen = state.KubeSeen || obs.Kube.Existed
	d := decide(spec, state, obs)
	if obs.Queue.Count != nil && !d.lost {
		t.measure(spec, obs, d.phase == "")
	}
	state.Run = state.Run.stalled(state.pausedSince(), obs.At, state.cause())
	state.settle(d, limit, obs.At)
	t.control(spec, obs)
}

// settle ends the job or counts a failure, if an observation says so.
func (s *State) settle(d decision, limit FailureLimit, now time.Time) {
	if d.phase == "" && d.cause != "" {
		*s = s.failed(d.cause, limit, now)
		return
	}
	s.Failures, s.FailingSince = 0, 0
	if d.phase != "" {
		*s = s.Ended(d.phase, d.reason, now)
	}
}

// measure takes the sample of an observation whose queue was read, and folds it
// into the state. goesOn means that the job does not end with it.
func (t *Transition) measure(spec *Spec, obs *Observation, goesOn bool) {
	state := &t.State
	next := newSample(spec, state, obs)
	if last := state.Summary.Last; last != nil {
		next.At = max(next.At, last.At+1)
	}
	t.Sample = &next
	state.Summary, t.Settled = state.Summary.Fold(next)
	if t.Settled != nil {
		state.History, t.Step = state.History.Offer()
	}
	t.look(spec, obs)
	if goesOn && state.Phase == PhaseRunning {
		if state.Suspended {
			state.Health = state.Health.Hold(next)
		}
		state.Health = forecast.Judge(state.Health, plan(spec), next, t.Prospect.AtRisk())
	}
	count := *obs.Queue.Count
	state.Queue = &count
}

// look folds the sample into the course of the job.
func (t *Transition) look(spec *Spec, obs *Observation) {
	state := &t.State
	course, held := state.Course.Clone(), int64(0)
	last := course.Last
	if state.Queue != nil {
		held = state.Queue.InFlight
	}
	next := newPoint(spec, state, obs, t.Sample)
	course.Add(next)
	state.Course, t.Model = course, course.Model()
	t.Prospect = course.Prospect(t.Model, state.Question(spec))
	state.Run = state.Run.work(last, next, held).milestone(*t.Sample, t.Prospect)
	if from := state.Asked; spec.Control == nil && from > 0 && next.Asked > 0 && from != next.Asked {
		state.Changes = state.Changes.Append(ScaleChange{At: next.At, From: from, To: next.Asked, Reason: changedByOthers})
	}
	state.Asked = next.Asked
}

// AdvanceLate returns the transition of a tick that observed the job before the
// last sample was measured but was overtaken by another tick. Its sample keeps
// its own time and is only counted: the later observation knows better, and a
// second has one sample in the report.
func AdvanceLate(spec *Spec, state *State, obs *Observation) Transition {
	t := Transition{State: *state}
	if obs.Queue.Count != nil {
		late := newSample(spec, state, obs)
		t.Sample = &late
		t.State.Summary.Count++
	}
	return t
}

// newSample returns the sample of an observation whose queue was read.
func newSample(spec *Spec, state *State, obs *Observation) sample.Sample {
	count := obs.Queue.Count
	p := progress.Compute(progress.Facts{
		Items:    spec.Items,
		Queued:   count.Queued,
		InFlight: count.InFlight,
		WorkSeen: state.WorkSeen,
		Elapsed:  obs.At.Sub(spec.Submitted),
		Budget:   spec.Budget,
	})
	var last int64
	if state.Summary.Last != nil {
		last = state.Summary.Last.Replicas
	}
	return sample.Sample{
		At: obs.At.UnixMilli(), Job: p.Job, Time: p.Time, Error: p.Error, Replicas: obs.replicas(state.KubeSeen, last),
		Asked: asked(spec, state, obs), Late: obs.Late.Milliseconds(),
	}
}

// plan returns what the job's health is judged by.
func plan(spec *Spec) forecast.Plan {
	return forecast.Plan{Items: spec.Items, Budget: spec.Budget, Period: spec.Schedule().Every}
}
