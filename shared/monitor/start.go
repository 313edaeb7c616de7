package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// queueTimeout bounds how long Start reads the job's queue.
const queueTimeout = time.Second

// maxItems is the largest number of items, 2^53: the largest whole number up to which
// a JSON number is exact everywhere.
const maxItems = 1 << 53

// Started is a living job: one that was started now or earlier, by the same request.
type Started struct {
	Spec job.Spec
	Sharing
}

// Start starts the monitoring of a job. The same request again for a living job
// changes nothing; a different one is ErrOtherRequest, an id that is not the caller's
// ErrNotYours. Start fills in what the
// request omits, and returns the spec that is in force. An unreachable queue is an
// error only if the number of items has to be read from it.
func (s *Service) Start(ctx context.Context, r Request) (Started, error) {
	if !sees(ctx, r.ID) {
		return Started{}, ErrNotYours
	}
	if c, ok := CallerOf(ctx); ok {
		r.Caller = c.Name
	}
	key, err := s.jobs.FingerprintKey(ctx)
	if err != nil {
		return Started{}, err
	}
	r.Fingerprint = keyed(key, r.Fingerprint)
	record, err := s.ticks.Load(ctx, r.ID, "")
	switch {
	case err == nil && record.State.Phase.Living():
		return s.startAgain(ctx, record, r)
	case err != nil && failure.KindOf(err) != failure.KindNotFound:
		return Started{}, err
	}
	if err := s.checkControl(r); err != nil {
		return Started{}, err
	}
	if record == nil { // it is the first life
		record = &Record{}
	}
	spec := s.complete(r, record.Spec.Accepted)
	if err := s.takePlace(ctx, spec); err != nil {
		if living, loadErr := s.ticks.Load(ctx, r.ID, ""); loadErr == nil && living.State.Phase.Living() {
			return s.startAgain(ctx, living, r) // the same start took the last place
		}
		return Started{}, err
	}
	workSeen, err := s.countItems(ctx, &spec)
	if err != nil {
		s.leavePlace(ctx, spec)
		return Started{}, err
	}
	if r.Control != nil {
		spec.Control = r.Control.Completed(spec.ID, spec.Items, s.defaultActuator())
	}
	return s.create(ctx, r, spec, job.New(spec, workSeen, record.State.Outbox))
}

// create stores a life of a job that has a place, and schedules it.
func (s *Service) create(ctx context.Context, r Request, spec job.Spec, state job.State) (Started, error) {
	created, err := s.jobs.Create(ctx, spec, state)
	if err != nil {
		return Started{}, err // it may be stored: the sweep knows whether it keeps its place
	}
	switch created {
	case CreatedOther:
		s.leavePlace(ctx, spec)
		return Started{}, ErrOtherRequest
	case CreatedBefore:
		s.leavePlace(ctx, spec)
		return Started{}, failure.Unavailable("the job was stopped while it was started", nil)
	case CreatedNew:
		s.board.expire()
		s.log.InfoContext(ctx, "job started", "job", spec.ID, "phase", job.PhasePending,
			"items", spec.Items, "deadline", spec.Deadline(), "queue", spec.Queue.String())
	case CreatedSame:
		record, err := s.ticks.Load(ctx, r.ID, "")
		if err != nil || record.Spec.Life() != spec.Life() { // else the call was repeated
			s.leavePlace(ctx, spec)
		}
		if err != nil {
			return Started{}, err
		}
		spec = record.Spec
	}
	return s.started(ctx, spec), nil
}

// startAgain handles a start for a living job.
func (s *Service) startAgain(ctx context.Context, record *Record, r Request) (Started, error) {
	if record.Spec.Fingerprint != r.Fingerprint {
		return Started{}, ErrOtherRequest
	}
	return s.started(ctx, record.Spec), nil // also schedules it: the schedule may be lost
}

// started schedules a living job and returns the answer to its start.
func (s *Service) started(ctx context.Context, spec job.Spec) Started {
	sharing := s.sharing(ctx, spec)
	if sharing.SharedCount > 0 {
		s.log.WarnContext(ctx, "the job shares its queue", "job", spec.ID, "queue", spec.Queue.String(),
			"with", sharing.SharedWith, "count", sharing.SharedCount)
	}
	s.scheduleInTurn(ctx, spec)
	return Started{Spec: spec, Sharing: sharing}
}

// complete returns the spec of a request, with the defaults filled in but the number
// of items and the control. The life of the spec is later than the one that was accepted before.
func (s *Service) complete(r Request, before time.Time) job.Spec {
	now := s.now().UTC()
	spec := job.Spec{
		ID: r.ID, Items: r.Items, Budget: r.Budget, Submitted: r.Submitted.UTC(), Queue: s.queueOf(r),
		Period: max(r.Period, s.cfg.MinPeriod), Strategy: r.Strategy, Heuristics: r.Heuristics,
		Database: r.Database, Fingerprint: r.Fingerprint, Caller: r.Caller, Accepted: now,
	}
	if least := before.Truncate(time.Millisecond).Add(time.Millisecond); spec.Accepted.Before(least) {
		spec.Accepted = least // the clock was set back, or two lives start within a millisecond
	}
	if r.Period == 0 {
		spec.Period = s.cfg.DefaultPeriod
	}
	if r.Submitted.IsZero() {
		spec.Submitted = now
	}
	if spec.Strategy == "" {
		spec.Strategy = "default"
	}
	return spec
}

// queueOf returns the queue of a request.
func (s *Service) queueOf(r Request) job.Queue {
	queue := job.Queue{Address: s.cfg.DefaultQueue(r.ID), Database: r.QueueDatabase, Lists: r.QueueLists, Secret: r.QueueSecret}
	if r.QueueHost != "" {
		queue.Address = job.Address{Host: r.QueueHost, Port: 6379}
	}
	if r.QueuePort != 0 {
		queue.Port = r.QueuePort
	}
	return queue
}

// countItems reads the queue once. It fills in the number of items if the
// request omits it, and reports whether there is work.
func (s *Service) countItems(ctx context.Context, spec *job.Spec) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	count, err := s.queue.Count(ctx, spec.Queue)
	if failure.KindOf(err) == failure.KindInvalid {
		return false, err
	}
	possible := count.Queued >= 0 && count.InFlight >= 0 && count.Queued <= maxItems && count.InFlight <= maxItems-count.Queued
	if spec.Items != 0 {
		return err == nil && possible && count.HasWork(), nil
	}
	if err != nil {
		return false, uncounted(spec.Queue, err)
	}
	lists := spec.Queue.Lists.Named()
	if !possible {
		return false, failure.InvalidField("plugin_info.number_of_jobs",
			"required: the queue at %s answers %d items in %.80s and %d in %.80s, which cannot be",
			spec.Queue, count.Queued, lists.Pending, count.InFlight, lists.Processing)
	}
	spec.Items = count.Queued + count.InFlight
	if spec.Items == 0 {
		return false, failure.InvalidField("plugin_info.number_of_jobs",
			"required: the lists %.80s and %.80s at %s are empty (fill the queue before starting)", lists.Pending, lists.Processing, spec.Queue)
	}
	return true, nil
}

// uncounted returns the error of a start whose items cannot be counted. It is of the
// kind of err, so that a start that cannot succeed later is not repeated.
func uncounted(queue job.Queue, err error) error {
	const why = "plugin_info.number_of_jobs is required: "
	typed, ok := errors.AsType[*failure.Error](err)
	if ok && (typed.Kind == failure.KindRefused || typed.Kind == failure.KindUnavailable) {
		return &failure.Error{Kind: typed.Kind, Message: why + typed.Message, Err: typed.Err}
	}
	return failure.Unavailable(fmt.Sprintf("%sthe queue at %s cannot be read", why, queue), err)
}

// schedule creates the job's schedule, retrying for ScheduleFor. If that fails,
// the job stays marked as not scheduled, and the next start or the sweep
// creates the schedule. It reports whether the scheduler answered, be it with a
// refusal.
func (s *Service) schedule(ctx context.Context, spec job.Spec) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ScheduleFor)
	defer cancel()
	wait := 100 * time.Millisecond
	for {
		err := s.scheduler.Schedule(ctx, spec)
		if err == nil {
			break
		}
		s.log.WarnContext(ctx, "creating the schedule failed", "job", spec.ID, "error", err)
		if !failure.IsRetryable(err) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
			wait *= 2
		}
	}
	if err := s.marks.MarkScheduled(ctx, spec.ID, spec.Life(), true); err != nil {
		s.log.WarnContext(ctx, "marking the job as scheduled failed", "job", spec.ID, "error", err)
	}
	return true
}

// Resume schedules every living job. A scheduler that runs in the process needs
// it after a restart, because it keeps its schedules in memory only.
func (s *Service) Resume(ctx context.Context) error {
	var after job.ID
	for {
		page, err := s.jobs.List(ctx, after, listPage)
		if err != nil {
			return err
		}
		s.logUnreadable(ctx, page)
		for _, record := range page.Records {
			if record.State.Phase.Living() {
				s.schedule(ctx, record.Spec)
			}
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}
