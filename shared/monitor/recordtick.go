package monitor

import (
	"context"
	"errors"
	"time"
)

// record publishes and commits what a tick observed, or commits that it failed,
// and tells the further places once it is committed. The last sample of a job
// is committed before it is published, so that of two ticks which see the job's
// end only one publishes.
func (s *Service) record(
	ctx context.Context, record Record, tick Tick, arrived time.Time, obs Observation, cause error,
) (Outcome, error) {
	outcome := OutcomeSampled
	transition := func(r Record) change {
		if cause != nil {
			return fail(r.State, cause.Error(), s.cfg.Retries, arrived)
		}
		return advance(r.Spec, r.State, obs)
	}
	if cause != nil {
		outcome = OutcomeFailed
	}
	first := transition(record)
	published := make(chan error, 1)
	publish := func() {
		if first.sample == nil {
			published <- nil
			return
		}
		published <- s.publisher.Publish(ctx, record.Spec, tick.ID, *first.sample)
	}
	last := !first.state.Phase.Living()
	if !last {
		go publish()
	}
	committed, notice, err := s.commit(ctx, record, tick, arrived, transition)
	if last {
		if err != nil || committed == OutcomeEnded || committed == OutcomeUnknown {
			return committed, err
		}
		go publish()
	}
	if notice != nil {
		s.broadcast(ctx, record, *notice)
	}
	if err = errors.Join(err, <-published); err != nil {
		return "", err
	}
	return outcomeOf(committed, outcome), nil
}

// outcomeOf is what a commit says, or where that was made what it was made of.
func outcomeOf(committed, made Outcome) Outcome {
	if committed == OutcomeSampled {
		return made
	}
	return committed
}

// commit folds a tick into the state, and gives what that made. Where another
// tick came first it folds again into what that left, so no fold is lost. Its
// sample may be published already, so the spacing is not asked about again.
func (s *Service) commit(
	ctx context.Context, record Record, tick Tick, arrived time.Time, transition func(Record) change,
) (Outcome, *Notice, error) {
	for range maxConflicts {
		c := transition(record)
		c.state.Ticks = c.state.Ticks.Receive(record.Spec.Schedule(), tick.Sent, arrived)
		var sampled *Event
		c.state, sampled = s.posted(record.Spec, record.State, c.state, c.sample, arrived)
		result, err := s.store.Commit(ctx, Commit{
			ID: tick.Job, Revision: record.Revision, State: c.state, TickID: tick.ID,
			Sample: c.sample, Settled: c.settled, Step: c.step, Retention: s.cfg.Retention,
		})
		if err != nil {
			return "", nil, err
		}
		switch result {
		case CommittedNow:
			s.committed(ctx, record, c)
			return OutcomeSampled, &Notice{
				Spec: record.Spec, State: c.state, Sample: c.sample,
				Lost: c.state.Ticks.Lost - record.State.Ticks.Lost, Events: inOrder(c.state.Outbox, sampled),
			}, nil
		case CommittedBefore:
			return OutcomeDuplicate, nil, s.store.CountDuplicate(ctx, tick.Job)
		case CommitGone:
			return OutcomeUnknown, nil, nil
		case CommitConflict:
		}
		var outcome Outcome
		if record, outcome, err = s.reload(ctx, tick); err != nil || outcome != "" {
			return outcome, nil, err
		}
	}
	return "", nil, Unavailable("the job's state changes too fast", nil)
}

// reload is the record after a conflict, or with an outcome why the tick has
// nothing to commit any more.
func (s *Service) reload(ctx context.Context, tick Tick) (Record, Outcome, error) {
	record, err := s.store.Load(ctx, tick.Job, tick.ID)
	switch {
	case KindOf(err) == KindNotFound:
		return record, OutcomeUnknown, nil
	case err != nil:
		return record, "", err
	case record.Tick != nil:
		return record, OutcomeDuplicate, s.store.CountDuplicate(ctx, tick.Job)
	case !record.State.Phase.Living():
		return record, OutcomeEnded, nil
	}
	return record, "", nil
}

// committed logs a change of phase and ends the schedule of a job that ended.
func (s *Service) committed(ctx context.Context, before Record, c change) {
	log := s.log.With("job", before.Spec.ID, "phase", c.state.Phase)
	switch {
	case !c.state.Phase.Living():
		log.InfoContext(ctx, "job ended", "reason", c.state.Reason, "samples", c.state.Summary.Count)
		s.unschedule(ctx, before.Spec.ID)
	case c.state.Phase != before.State.Phase:
		log.InfoContext(ctx, "job runs")
	case c.state.Failures > before.State.Failures:
		log.WarnContext(ctx, "job not observed", "failures", c.state.Failures, "error", c.state.LastError)
	}
}
