package monitor

import (
	"context"
	"errors"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// SampleListName is the name of the Controller's list among the publishers.
const SampleListName = "controller-list"

// finish pushes the sample of an observed tick, commits its transition and
// broadcasts what that made. A tick that ends the job commits first, as does one
// that names no instant of the schedule: another one may make it surplus.
func (s *Service) finish(ctx context.Context, o *observedTick) (Outcome, error) {
	first := o.transition(s.cfg)
	if first.State.Phase.Living() && (o.delivery.Claimed || s.cfg.Spacing <= 0) {
		return s.pushBesideCommit(ctx, o, &first)
	}
	return s.commitThenPush(ctx, o, &first)
}

// key returns the key by which the sample of a tick is pushed.
func (s *Service) key(o *observedTick) PushKey {
	key := PushKey{TickID: o.ID}
	if s.cfg.Spacing > 0 {
		key.Instant = o.delivery.Instant(o.record.Spec.Schedule())
	}
	return key
}

// pushBesideCommit pushes the sample while it commits: one round trip instead
// of two.
func (s *Service) pushBesideCommit(ctx context.Context, o *observedTick, first *job.Transition) (Outcome, error) {
	pushed := s.push(ctx, &o.record.Spec, s.key(o), first.Sample)
	committed, err := s.commit(ctx, o, first)
	if err != nil {
		<-pushed //nolint:errcheck // the sender repeats the tick, and the push with it
		return "", err
	}
	return s.deliver(ctx, o, committed, pushed)
}

// commitThenPush pushes the last sample of a job only once its end is
// committed. So of two ticks that see the end only one pushes a sample.
func (s *Service) commitThenPush(ctx context.Context, o *observedTick, first *job.Transition) (Outcome, error) {
	committed, err := s.commit(ctx, o, first)
	if err != nil || committed.nothing() {
		return committed.outcome, err
	}
	x := committed.notice.Sample // nil for a duplicate: repeat pushes what was committed
	return s.deliver(ctx, o, committed, s.push(ctx, &o.record.Spec, s.key(o), x))
}

// deliver acts on what a committed change decided, broadcasts the change, records which
// publishers fail, and returns the outcome of the tick. A tick that was already
// committed, by another delivery or by an attempt whose reply was lost, finishes what
// that one left.
func (s *Service) deliver(ctx context.Context, o *observedTick, c committed, pushed <-chan error) (Outcome, error) {
	ended := make(chan struct{})
	defer close(ended)
	deliveries := s.act(ctx, o.record, c, ended)
	if c.changed() {
		published, recorded := s.broadcast(ctx, c.notice)
		defer recorded()
		deliveries = append(deliveries, published...)
	}
	pushErr := <-pushed
	if c.pushed(pushErr) {
		deliveries = append(deliveries, listDelivery(pushErr))
	}
	s.markPublishers(ctx, o.record, deliveries)
	if failure.IsRetryable(pushErr) {
		return "", pushErr
	}
	if c.pushed(pushErr) {
		s.pushedLast(ctx, o.Job, &c.notice.State, o.ID)
	}
	if c.outcome == OutcomeDuplicate {
		return s.repeatCommitted(ctx, o)
	}
	return c.outcome, nil
}

// push starts to push a sample, which may be nil; the channel yields the result.
func (s *Service) push(ctx context.Context, spec *job.Spec, key PushKey, x *sample.Sample) <-chan error {
	pushed := make(chan error, 1)
	if x == nil {
		pushed <- errNothingPushed
		return pushed
	}
	s.crew.run(func() {
		defer failure.Rescue(func(err error) {
			s.caught(ctx, spec.ID, err)
			pushed <- err
		})
		pushed <- s.sampleList.Push(ctx, *spec, key, *x)
	})
	return pushed
}

// errNothingPushed is the result of pushing no sample.
var errNothingPushed = errors.New("nothing was pushed")

// listDelivery returns the result of a push as that of a publisher.
func listDelivery(err error) Delivery {
	if err != nil {
		return Delivery{Publisher: SampleListName, Outcome: DeliveryFailed, Err: err}
	}
	return Delivery{Publisher: SampleListName, Outcome: DeliveryDone}
}

// committed is the result of committing a tick.
type committed struct {
	outcome Outcome
	notice  Notice     // empty unless the tick changed the state; not allocated: each tick has one
	decided bool       // about the replicas, or that cannot be
	order   *job.Order // for the actuator; nil if there is nothing to do
}

// changed reports whether the tick changed the state of the job.
func (c committed) changed() bool {
	return c.outcome == OutcomeSampled || c.outcome == OutcomeFailed
}

// nothing reports whether the tick had nothing to commit.
func (c committed) nothing() bool {
	return c.outcome == OutcomeEnded || c.outcome == OutcomeUnknown || c.outcome == OutcomeSurplus
}

// pushed reports whether err is the result of pushing a sample of a job that is
// still the one that was observed.
func (c committed) pushed(err error) bool {
	return !errors.Is(err, errNothingPushed) && !c.nothing()
}

// commit replaces the job's state by that of the transition t of a tick. If another tick
// came first, commit folds the tick again into what that one left, so no fold is lost,
// unless the other one made this one surplus.
func (s *Service) commit(ctx context.Context, o *observedTick, t *job.Transition) (committed, error) {
	for range maxConflicts {
		journal, sampled := s.record(o, t)
		result, err := s.ticks.Commit(ctx, &Change{
			ID: o.Job, Revision: o.record.Revision, State: t.State, TickID: o.ID,
			Sample: t.Sample, Settled: t.Settled, Step: t.Step, Retention: s.cfg.Retention, Journal: journal,
		})
		if err != nil {
			return committed{}, err
		}
		switch result {
		case CommitDone:
			s.settle(ctx, o.record, &t.State)
			return committed{outcomeOf(t), Notice{
				Spec: o.record.Spec, State: t.State, Sample: t.Sample, Prospect: t.Prospect,
				Lost: t.State.Ticks.Lost - o.record.State.Ticks.Lost, Events: job.InSequence(t.State.Outbox, sampled),
			}, t.Decided, t.Order}, nil
		case CommitDuplicate:
			return committed{outcome: OutcomeDuplicate}, nil
		case CommitGone:
			return committed{outcome: OutcomeUnknown}, nil
		case CommitConflict:
		}
		record, outcome, err := s.reload(ctx, o)
		if err != nil || outcome != "" {
			return committed{outcome: outcome}, err
		}
		if !o.Internal && s.surplus(record, o.delivery) {
			return committed{outcome: OutcomeSurplus}, s.ticks.CountSurplus(ctx, o.Job, record.Spec.Life())
		}
		o = o.overtaken(record)
		*t = o.transition(s.cfg)
	}
	return committed{}, errContention
}

// record adds to the state of a transition the tick itself and the events that the change
// causes. It returns the entries of the journal, and the event of the sample.
func (s *Service) record(o *observedTick, t *job.Transition) ([]job.Entry, *job.Event) {
	spec, before, at := o.record.Spec, o.record.State, o.delivery.Arrived
	if !o.Internal {
		t.State.Ticks = t.State.Ticks.Receive(spec.Schedule(), o.delivery)
	}
	if t.Sample != nil && !t.State.Phase.Living() {
		t.State.Unpushed = o.ID
	}
	var sampled *job.Event
	t.State, sampled = s.cfg.Events.Append(spec, before, t.State, t.Sample, t.Prospect, at)
	return job.Journal(spec, before, t.State, t.Prospect, at), sampled
}

// outcomeOf returns the outcome of a tick once its transition is committed.
func outcomeOf(t *job.Transition) Outcome {
	if t.Sample == nil {
		return OutcomeFailed
	}
	return OutcomeSampled
}

// reload returns the record after a conflict. If the tick has nothing left to
// commit, it returns the outcome of the tick. A tick of an earlier life commits
// nothing to a later one.
func (s *Service) reload(ctx context.Context, o *observedTick) (*Record, Outcome, error) {
	record, err := s.ticks.Load(ctx, o.Job, o.ID)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return record, OutcomeUnknown, nil
	case err != nil:
		return record, "", err
	case record.Spec.Life() != o.record.Spec.Life():
		return record, OutcomeEnded, nil
	case record.Tick != nil:
		return record, OutcomeDuplicate, nil
	case !record.State.Phase.Living():
		return record, OutcomeEnded, nil
	}
	return record, "", nil
}

// settle logs what a committed tick changed, and removes the schedule of a job
// that ended.
func (s *Service) settle(ctx context.Context, before *Record, after *job.State) {
	if after.Phase == before.State.Phase && after.Phase.Living() && after.Failures <= before.State.Failures {
		return
	}
	log := s.log.With("job", before.Spec.ID, "phase", after.Phase)
	switch {
	case !after.Phase.Living():
		log.InfoContext(ctx, "job ended", "reason", after.Reason, "samples", after.Summary.Count)
		s.leave(ctx, before.Spec)
		s.unschedule(ctx, before.Spec.ID, before.Spec.Life())
	case after.Phase != before.State.Phase:
		log.InfoContext(ctx, "job is running")
	default:
		log.WarnContext(ctx, "observing the job failed", "failures", after.Failures, "error", after.LastError)
	}
}
