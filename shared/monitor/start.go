package monitor

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// queueTimeout bounds start's look at the job's queue.
const queueTimeout = time.Second

// Start monitors a job. The same request again for a living job changes
// nothing; another one is ErrOtherRequest. What the request leaves out is found
// out: an unreachable queue is an error only if the number of items is to be
// read from it.
func (s *Service) Start(ctx context.Context, r Request) error {
	if !slices.Contains(s.cfg.Plugins, r.Plugin) {
		return Invalid(FieldError{"plugin", fmt.Sprintf("want one of %q, got %.80q", s.cfg.Plugins, r.Plugin)})
	}
	record, err := s.store.Load(ctx, r.ID, "")
	switch {
	case err == nil && record.State.Phase.Living():
		return s.again(ctx, record, r)
	case err != nil && KindOf(err) != KindNotFound:
		return err
	}
	spec, begun, err := s.complete(ctx, r)
	if err != nil {
		return err
	}
	created, err := s.store.Create(ctx, spec, newState(spec, begun, record.State.Outbox))
	if err != nil {
		return err
	}
	switch created {
	case CreatedOther:
		return ErrOtherRequest
	case CreatedNew:
		s.log.InfoContext(ctx, "job started", "job", spec.ID, "phase", PhasePending,
			"items", spec.Items, "deadline", spec.Deadline(), "queue", spec.Queue.String())
	case CreatedSame:
		if record, err = s.store.Load(ctx, r.ID, ""); err != nil {
			return err
		}
		spec = record.Spec
	}
	s.schedule(ctx, spec)
	return nil
}

// again is a start for a job that lives.
func (s *Service) again(ctx context.Context, record Record, r Request) error {
	if record.Spec.Fingerprint != r.Fingerprint {
		return ErrOtherRequest
	}
	if !record.Scheduled {
		s.schedule(ctx, record.Spec)
	}
	return nil
}

// complete makes a request whole, and tells whether its queue held work.
func (s *Service) complete(ctx context.Context, r Request) (Spec, bool, error) {
	now := s.now().UTC()
	spec := Spec{
		ID: r.ID, Items: r.Items, Budget: r.Budget, Submitted: r.Submitted.UTC(), Queue: s.cfg.DefaultQueue(r.ID),
		Period: max(r.Period, s.cfg.MinPeriod), Strategy: r.Strategy, Heuristics: r.Heuristics,
		Database: r.Database, Fingerprint: r.Fingerprint, Accepted: now,
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
	if r.QueueHost != "" {
		spec.Queue = Address{Host: r.QueueHost, Port: 6379}
	}
	if r.QueuePort != 0 {
		spec.Queue.Port = r.QueuePort
	}
	begun, err := s.countItems(ctx, &spec)
	return spec, begun, err
}

// countItems looks at the queue once: it fills in the number of items where
// that was not given, and tells whether there is work.
func (s *Service) countItems(ctx context.Context, spec *Spec) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	count, err := s.queue.Count(ctx, spec.Queue)
	if KindOf(err) == KindInvalid {
		return false, err
	}
	if spec.Items != 0 {
		return err == nil && begun(Observation{Queue: count}), nil
	}
	if err != nil {
		return false, Unavailable(fmt.Sprintf(
			"plugin_info.number_of_jobs was not given, and the queue at %s cannot be read", spec.Queue), err)
	}
	spec.Items = count.Queued + count.InFlight
	if spec.Items == 0 {
		return false, Invalid(FieldError{"plugin_info.number_of_jobs", fmt.Sprintf(
			"was not given, and the lists job and job:processing at %s hold no item to count", spec.Queue)})
	}
	return true, nil
}

// schedule creates the job's schedule, trying for a while. If that fails the
// job stays marked as not scheduled, for the next start of it or the sweep.
func (s *Service) schedule(ctx context.Context, spec Spec) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ScheduleFor)
	defer cancel()
	wait := 100 * time.Millisecond
	for {
		err := s.scheduler.Schedule(ctx, spec)
		if err == nil {
			break
		}
		s.log.WarnContext(ctx, "schedule not created", "job", spec.ID, "error", err)
		if !IsRetryable(err) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait *= 2
		}
	}
	if err := s.store.MarkScheduled(ctx, spec.ID, true); err != nil {
		s.log.WarnContext(ctx, "schedule not marked as created", "job", spec.ID, "error", err)
	}
}

// Resume schedules every living job: a scheduler that lives in the process has
// forgotten them when that starts anew.
func (s *Service) Resume(ctx context.Context) error {
	var after JobID
	for {
		records, next, err := s.store.List(ctx, after, listPage)
		if err != nil {
			return err
		}
		for _, record := range records {
			if record.State.Phase.Living() {
				s.schedule(ctx, record.Spec)
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}
