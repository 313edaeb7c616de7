package monitor

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/accounting"
)

// observeTimeout bounds the look at a job: shorter than the shortest period.
const observeTimeout = time.Second

// tickTimeout bounds a whole tick, conflicts included.
const tickTimeout = 10 * time.Second

// Tick takes one sample of a job: load, observe, then publish beside commit. An
// error is to be retried by the sender; whatever the crash or the twin in
// between, a tick that was acknowledged has one sample in the list and one fold
// in the state.
func (s *Service) Tick(ctx context.Context, tick Tick) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	arrived := s.now()
	tick.Sent = accounting.Sent(tick.Sent, arrived)

	record, err := s.store.Load(ctx, tick.Job, tick.ID)
	switch {
	case KindOf(err) == KindNotFound:
		s.unschedule(ctx, tick.Job)
		return OutcomeUnknown, nil
	case err != nil:
		return "", err
	case record.Tick != nil:
		return s.duplicate(ctx, record, tick)
	case !record.State.Phase.Living():
		s.unschedule(ctx, tick.Job)
		s.resend(ctx, record, record.State)
		return OutcomeEnded, nil
	case record.State.Ticks.Surplus(record.Spec.Schedule(), tick.Sent, s.cfg.Spacing):
		return OutcomeSurplus, s.store.CountSurplus(ctx, tick.Job)
	}
	obs, cause := s.observe(ctx, record)
	if err := ctx.Err(); err != nil { // the sender's fault, not the job's
		return "", Unavailable("the tick was cut short", err)
	}
	return s.record(ctx, record, tick, arrived, obs, cause)
}

// duplicate does what is left of a committed tick that is delivered again: the
// first delivery may have ended after its commit, before the sample was
// published or the ended job's schedule removed.
func (s *Service) duplicate(ctx context.Context, record Record, tick Tick) (Outcome, error) {
	if record.Tick.Sample != nil {
		if err := s.publisher.Publish(ctx, record.Spec, tick.ID, *record.Tick.Sample); err != nil {
			return "", err
		}
	}
	if !record.State.Phase.Living() {
		s.unschedule(ctx, tick.Job)
	}
	s.broadcast(ctx, record, Notice{
		Spec: record.Spec, State: record.State, Sample: record.Tick.Sample, Again: true, Events: record.State.Outbox,
	})
	return OutcomeDuplicate, s.store.CountDuplicate(ctx, tick.Job)
}

// observe reads the queue and the Job at the same time.
func (s *Service) observe(ctx context.Context, record Record) (Observation, error) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	var obs Observation
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		obs.Queue, err = s.queue.Count(ctx, record.Spec.Queue)
		return err
	})
	group.Go(func() (err error) {
		obs.Job, err = s.jobStatus(ctx, record)
		return err
	})
	err := group.Wait()
	obs.At = s.now()
	return obs, err
}

// errJobGone is a Job that was deleted.
var errJobGone = errors.New("the Job does not exist")

// jobStatus is what Kubernetes says of the Job: asked now, or as the last event
// said; nil without Kubernetes. Where Kubernetes does not answer, that is not
// the job's failure: it goes on with as many replicas as before.
func (s *Service) jobStatus(ctx context.Context, record Record) (*JobStatus, error) {
	switch {
	case s.jobs != nil:
		status, err := s.jobs.Status(ctx, record.Spec.ID)
		if IsRetryable(err) {
			s.log.WarnContext(ctx, "job status not read", "job", record.Spec.ID, "error", err)
			return lastStatus(record.State), nil
		}
		return &status, err
	case !s.cfg.JobEvents:
		return nil, nil
	case record.Job == nil:
		return &JobStatus{}, nil // no event yet
	case record.Job.Gone:
		return nil, errJobGone
	default:
		return record.Job, nil
	}
}

// lastStatus is a Job's status as far as the last sample tells.
func lastStatus(state State) *JobStatus {
	if last := state.Summary.Last; last != nil {
		return &JobStatus{Active: last.Replicas}
	}
	return &JobStatus{}
}
