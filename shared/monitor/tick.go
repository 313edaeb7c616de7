package monitor

import (
	"context"
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
	Sent time.Time // as the sender claims; zero if it does not say
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
	tick.Sent = accounting.Sent(tick.Sent, arrived)

	record, err := s.ticks.Load(ctx, tick.Job, tick.ID)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		s.unschedule(ctx, tick.Job)
		return OutcomeUnknown, nil
	case err != nil:
		return "", err
	case record.Tick != nil:
		return s.repeat(ctx, record, tick)
	case !record.State.Phase.Living():
		s.unschedule(ctx, tick.Job)
		s.resend(ctx, record, record.State)
		return OutcomeEnded, nil
	case record.State.Ticks.Surplus(record.Spec.Schedule(), tick.Sent, s.cfg.Spacing):
		return OutcomeSurplus, s.ticks.CountSurplus(ctx, tick.Job)
	}
	seen := s.observe(ctx, record, tick, arrived)
	if err := ctx.Err(); err != nil { // the sender's fault, not the job's
		return "", failure.Unavailable("the tick was cut short", err)
	}
	return s.finish(ctx, seen)
}

// repeat finishes a committed tick that is delivered again: the first delivery
// may have ended after its commit, before the sample was pushed or the schedule
// of the ended job removed.
func (s *Service) repeat(ctx context.Context, record Record, tick Tick) (Outcome, error) {
	if record.Tick.Sample != nil {
		if err := s.sampleList.Push(ctx, record.Spec, tick.ID, *record.Tick.Sample); err != nil {
			return "", err
		}
	}
	if !record.State.Phase.Living() {
		s.unschedule(ctx, tick.Job)
	}
	s.broadcast(ctx, record, Notice{
		Spec: record.Spec, State: record.State, Sample: record.Tick.Sample, Again: true, Events: record.State.Outbox,
	})
	return OutcomeDuplicate, s.ticks.CountDuplicate(ctx, tick.Job)
}
