package monitor

import (
	"context"
	"errors"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// finish pushes the sample of an observed tick, commits its transition and
// broadcasts what that made. A tick that ends the job commits first.
func (s *Service) finish(ctx context.Context, o observedTick) (Outcome, error) {
	first := o.transition(o.record.State, s.cfg.Retries)
	if first.State.Phase.Living() {
		return s.pushBesideCommit(ctx, o, first.Sample)
	}
	return s.commitThenPush(ctx, o, first.Sample)
}

// pushBesideCommit pushes the sample while it commits: one round trip instead
// of two.
func (s *Service) pushBesideCommit(ctx context.Context, o observedTick, x *sample.Sample) (Outcome, error) {
	pushed := s.push(ctx, o, x)
	outcome, notice, err := s.commit(ctx, o)
	if notice != nil {
		s.broadcast(ctx, o.record, *notice)
	}
	if err = errors.Join(err, <-pushed); err != nil {
		return "", err
	}
	return outcome, nil
}

// commitThenPush pushes the last sample of a job only once its end is
// committed. So of two ticks that see the end only one pushes a sample.
func (s *Service) commitThenPush(ctx context.Context, o observedTick, x *sample.Sample) (Outcome, error) {
	outcome, notice, err := s.commit(ctx, o)
	if err != nil || outcome == OutcomeEnded || outcome == OutcomeUnknown {
		return outcome, err
	}
	pushed := s.push(ctx, o, x)
	if notice != nil {
		s.broadcast(ctx, o.record, *notice)
	}
	if err := <-pushed; err != nil {
		return "", err
	}
	return outcome, nil
}

// push starts to push a sample, which may be nil; the channel yields the result.
func (s *Service) push(ctx context.Context, o observedTick, x *sample.Sample) <-chan error {
	pushed := make(chan error, 1)
	if x == nil {
		pushed <- nil
		return pushed
	}
	go func() { pushed <- s.sampleList.Push(ctx, o.record.Spec, o.ID, *x) }()
	return pushed
}

// commit folds a tick into the job's state and returns the notice of the
// change, nil if the tick changed nothing. If another tick came first, commit
// folds again into what that one left, so no fold is lost. The sample may be
// pushed already, so the spacing is not checked again.
func (s *Service) commit(ctx context.Context, o observedTick) (Outcome, *Notice, error) {
	for range maxConflicts {
		t := o.transition(o.record.State, s.cfg.Retries)
		t.State.Ticks = t.State.Ticks.Receive(o.record.Spec.Schedule(), o.Sent, o.arrived)
		var sampled *job.Event
		t.State, sampled = s.cfg.Events.Append(o.record.Spec, o.record.State, t.State, t.Sample, o.arrived)
		result, err := s.ticks.Commit(ctx, Change{
			ID: o.Job, Revision: o.record.Revision, State: t.State, TickID: o.ID,
			Sample: t.Sample, Settled: t.Settled, Step: t.Step, Retention: s.cfg.Retention,
		})
		if err != nil {
			return "", nil, err
		}
		switch result {
		case CommitDone:
			s.settle(ctx, o.record, t.State)
			return o.outcome(), &Notice{
				Spec: o.record.Spec, State: t.State, Sample: t.Sample,
				Lost: t.State.Ticks.Lost - o.record.State.Ticks.Lost, Events: job.InSequence(t.State.Outbox, sampled),
			}, nil
		case CommitDuplicate:
			return OutcomeDuplicate, nil, s.ticks.CountDuplicate(ctx, o.Job)
		case CommitGone:
			return OutcomeUnknown, nil, nil
		case CommitConflict:
		}
		var outcome Outcome
		if o.record, outcome, err = s.reload(ctx, o.Tick); err != nil || outcome != "" {
			return outcome, nil, err
		}
	}
	return "", nil, errContention
}

// reload returns the record after a conflict. If the tick has nothing left to
// commit, it returns the outcome of the tick.
func (s *Service) reload(ctx context.Context, tick Tick) (Record, Outcome, error) {
	record, err := s.ticks.Load(ctx, tick.Job, tick.ID)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return record, OutcomeUnknown, nil
	case err != nil:
		return record, "", err
	case record.Tick != nil:
		return record, OutcomeDuplicate, s.ticks.CountDuplicate(ctx, tick.Job)
	case !record.State.Phase.Living():
		return record, OutcomeEnded, nil
	}
	return record, "", nil
}

// settle logs what a committed tick changed, and removes the schedule of a job
// that ended.
func (s *Service) settle(ctx context.Context, before Record, after job.State) {
	log := s.log.With("job", before.Spec.ID, "phase", after.Phase)
	switch {
	case !after.Phase.Living():
		log.InfoContext(ctx, "job ended", "reason", after.Reason, "samples", after.Summary.Count)
		s.unschedule(ctx, before.Spec.ID)
	case after.Phase != before.State.Phase:
		log.InfoContext(ctx, "job is running")
	case after.Failures > before.State.Failures:
		log.WarnContext(ctx, "observing the job failed", "failures", after.Failures, "error", after.LastError)
	}
}
