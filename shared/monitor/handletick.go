package monitor

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/accounting"
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

// record publishes and commits what a tick observed, or commits that it failed.
// The last sample of a job is committed before it is published, so that of two
// ticks which see the job's end only one publishes.
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
	publish := func() error {
		if first.sample == nil {
			return nil
		}
		return s.publisher.Publish(ctx, record.Spec, tick.ID, *first.sample)
	}
	if !first.state.Phase.Living() {
		committed, err := s.commit(ctx, record, tick, arrived, transition)
		if err != nil || committed == OutcomeEnded || committed == OutcomeUnknown {
			return committed, err
		}
		return outcomeOf(committed, outcome), publish()
	}
	published := make(chan error, 1)
	go func() { published <- publish() }()
	committed, err := s.commit(ctx, record, tick, arrived, transition)
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

// commit folds a tick into the state. Where another tick came first it folds
// again into what that left, so no fold is lost. Its sample may be published
// already, so the spacing is not asked about again.
func (s *Service) commit(
	ctx context.Context, record Record, tick Tick, arrived time.Time, transition func(Record) change,
) (Outcome, error) {
	for range maxConflicts {
		c := transition(record)
		c.state.Ticks = c.state.Ticks.Receive(record.Spec.Schedule(), tick.Sent, arrived)
		result, err := s.store.Commit(ctx, Commit{
			ID: tick.Job, Revision: record.Revision, State: c.state, TickID: tick.ID,
			Sample: c.sample, Settled: c.settled, Step: c.step, Retention: s.cfg.Retention,
		})
		if err != nil {
			return "", err
		}
		switch result {
		case CommittedNow:
			s.committed(ctx, record, c)
			return OutcomeSampled, nil
		case CommittedBefore:
			return OutcomeDuplicate, s.store.CountDuplicate(ctx, tick.Job)
		case CommitGone:
			return OutcomeUnknown, nil
		case CommitConflict:
		}
		record, err = s.store.Load(ctx, tick.Job, tick.ID)
		switch {
		case KindOf(err) == KindNotFound:
			return OutcomeUnknown, nil
		case err != nil:
			return "", err
		case record.Tick != nil:
			return OutcomeDuplicate, s.store.CountDuplicate(ctx, tick.Job)
		case !record.State.Phase.Living():
			return OutcomeEnded, nil
		}
	}
	return "", Unavailable("the job's state changes too fast", nil)
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
