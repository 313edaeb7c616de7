package monitor

import (
	"context"
	"errors"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Tick is one delivered event. Its id is the same over a sender's retries and
// new for every tick.
type Tick struct {
	ID   string
	Job  job.ID
	Life int64     // the life that the schedule belongs to; 0 if it does not say
	Sent time.Time // as the sender claims; zero if it does not say
	// Internal means that the sweep made the tick: no schedule sent it, so it
	// does not count as received.
	Internal bool
}

// Outcome is the result of a tick.
type Outcome string

const (
	// OutcomeSampled is a tick whose sample was pushed and committed.
	OutcomeSampled Outcome = "sampled"
	// OutcomeFailed is a tick that could not observe the job; it was counted.
	OutcomeFailed Outcome = "failed"
	// OutcomeDuplicate is a tick that was already committed.
	OutcomeDuplicate Outcome = "duplicate"
	// OutcomeSurplus is a tick too close to another one.
	OutcomeSurplus Outcome = "surplus"
	// OutcomeEnded is a tick of a job that has ended.
	OutcomeEnded Outcome = "ended"
	// OutcomeUnreadable is a tick of a job whose record cannot be read.
	OutcomeUnreadable Outcome = "unreadable"
	// OutcomeUnknown is a tick of a job that does not exist.
	OutcomeUnknown Outcome = "unknown"
)

// tickTimeout bounds a whole tick, conflicts included.
const tickTimeout = 10 * time.Second

// Tick takes one sample of a job: it loads the state, observes the job, then
// pushes the sample and commits the state. The sender should retry after an
// error. A tick that was acknowledged has one sample in the list and one fold
// in the state, whatever crashed and however often it was delivered.
func (s *Service) Tick(ctx context.Context, tick Tick) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	arrived := s.now()
	delivery := accounting.NewDelivery(tick.Sent, arrived)

	record, err := s.ticks.Load(ctx, tick.Job, tick.ID)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return OutcomeUnknown, nil // the sweep removes the schedule if the job stays unknown
	case errors.Is(err, ErrUnreadable):
		return s.unreadable(ctx, tick, err)
	case err != nil:
		return "", err
	case tick.Life != 0 && tick.Life != record.Spec.Life():
		s.removeLeftover(ctx, tick.Job, tick.Life)
		return OutcomeEnded, nil
	case record.Tick != nil:
		return s.repeat(ctx, &observedTick{Tick: tick, delivery: delivery, record: record})
	case !record.State.Phase.Living():
		s.unscheduleEnded(ctx, record, tick)
		s.resend(ctx, record, record.State)
		return OutcomeEnded, nil
	case s.surplus(record, delivery):
		return OutcomeSurplus, s.ticks.CountSurplus(ctx, tick.Job, record.Spec.Life())
	}
	seen := s.observe(ctx, record, tick, delivery)
	if err := ctx.Err(); err != nil { // the sender's fault, not the job's
		return "", failure.Unavailable("the tick was cut short", err)
	}
	outcome, err := s.finish(ctx, seen)
	if errors.Is(err, ErrUnreadable) {
		return s.unreadable(ctx, tick, err)
	}
	return outcome, err
}

// unreadable acknowledges a tick of a job whose record is damaged: the sender would
// repeat it in vain.
func (s *Service) unreadable(ctx context.Context, tick Tick, err error) (Outcome, error) {
	s.log.ErrorContext(ctx, "a job cannot be read", "job", tick.Job, "error", err)
	return OutcomeUnreadable, nil
}

// repeat finishes a committed tick that is delivered again: the first delivery
// may have ended after its commit, before the sample was pushed or the schedule
// of the ended job removed.
func (s *Service) repeat(ctx context.Context, o *observedTick) (Outcome, error) {
	record, tick := o.record, o.Tick
	pushErr := <-s.push(ctx, &record.Spec, s.key(o), record.Tick.Sample)
	if failure.IsRetryable(pushErr) {
		s.markPublishers(ctx, record, []Delivery{listDelivery(pushErr)})
		return "", pushErr
	}
	s.pushedLast(ctx, tick.Job, &record.State, tick.ID)
	if !record.State.Phase.Living() {
		s.unscheduleEnded(ctx, record, tick)
	}
	deliveries, recorded := s.broadcast(ctx, Notice{
		Spec: record.Spec, State: record.State, Sample: record.Tick.Sample, Again: true, Events: record.State.Outbox,
	})
	defer recorded()
	if record.Tick.Sample != nil {
		deliveries = append(deliveries, listDelivery(pushErr))
	}
	s.markPublishers(ctx, record, deliveries)
	return OutcomeDuplicate, s.ticks.CountDuplicate(ctx, tick.Job, record.Spec.Life())
}

// repeatCommitted loads a tick that turned out to be committed, and repeats it.
func (s *Service) repeatCommitted(ctx context.Context, o *observedTick) (Outcome, error) {
	record, err := s.ticks.Load(ctx, o.Job, o.ID)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return OutcomeUnknown, nil
	case err != nil:
		return "", err
	case record.Tick == nil:
		return OutcomeEnded, nil // of an earlier life
	}
	o.record = record
	return s.repeat(ctx, o)
}

// surplus reports whether a tick adds nothing to those that a job received.
func (s *Service) surplus(record *Record, d accounting.Delivery) bool {
	return record.State.Ticks.Surplus(record.Spec.Schedule(), d, s.cfg.Spacing)
}

// unscheduleEnded removes the schedule of a job that ended, and the one that
// sent the tick if that names no life.
func (s *Service) unscheduleEnded(ctx context.Context, record *Record, tick Tick) {
	s.removeLeftover(ctx, tick.Job, record.Spec.Life())
	if tick.Life == 0 && !tick.Internal {
		s.removeLeftover(ctx, tick.Job, 0)
	}
}

// removeLeftover removes the schedule of a life that ended, because a tick of it
// came all the same.
func (s *Service) removeLeftover(ctx context.Context, id job.ID, life int64) {
	if s.removals.Allow() {
		s.unschedule(ctx, id, life)
	}
}
