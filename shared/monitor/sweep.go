package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Swept is what one sweep saw and did.
type Swept struct {
	Jobs      int `json:"jobs"`      // living
	Schedules int `json:"schedules"` // there
	Created   int `json:"created"`   // schedules that were missing
	Replaced  int `json:"replaced"`  // schedules of another period
	Deleted   int `json:"deleted"`   // schedules without a living job
	Ended     int `json:"ended"`     // jobs that are gone, stale or too old
	Sent      int `json:"sent"`      // events that waited for their receiver
	Failed    int `json:"failed"`    // repairs for the next sweep
}

// sweepPage is how many jobs and schedules are in memory at once.
const sweepPage = 500

// suspectAfter is how many periods without a tick make a sweep ask whether the
// Job still exists.
const suspectAfter = 5

// Sweep makes schedules equal living jobs, both ways, and ends jobs whose Job
// is gone, whose ticks have stopped or whose time is over. It walks the jobs
// and the schedules side by side, both in the order of their ids, a page of
// each at a time. Everything that it does is idempotent, so two may run at
// once. An error is of the reading; a repair that fails is counted.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	jobs := &cursor[Record, JobID]{next: func(after JobID) ([]Record, JobID, error) {
		return s.sweepPage(ctx, after, &swept)
	}}
	schedules := &cursor[Scheduled, string]{next: func(after string) ([]Scheduled, string, error) {
		return s.scheduler.List(ctx, after, sweepPage)
	}}
	for {
		job, err := jobs.peek()
		if err != nil {
			return swept, fmt.Errorf("list jobs: %w", err)
		}
		schedule, err := schedules.peek()
		if err != nil {
			return swept, fmt.Errorf("list schedules: %w", err)
		}
		switch {
		case job == nil && schedule == nil:
			s.log.InfoContext(ctx, "swept", "jobs", swept.Jobs, "schedules", swept.Schedules, "created", swept.Created,
				"replaced", swept.Replaced, "deleted", swept.Deleted, "ended", swept.Ended, "sent", swept.Sent, "failed", swept.Failed)
			return swept, nil
		case schedule == nil || (job != nil && job.Spec.ID < schedule.ID):
			jobs.pop()
			swept.Jobs++
			swept.repair(s.sweepJob(ctx, *job, nil, &swept))
		case job == nil || schedule.ID < job.Spec.ID:
			schedules.pop()
			swept.Schedules++
			swept.repair(s.sweepOrphan(ctx, schedule.ID, &swept))
		default:
			jobs.pop()
			schedules.pop()
			swept.Jobs++
			swept.Schedules++
			swept.repair(s.sweepJob(ctx, *job, schedule, &swept))
		}
	}
}

func (s *Swept) repair(err error) {
	if err != nil {
		s.Failed++
	}
}

// sweepPage is a page of the living jobs. On its way it sends again what a job
// owes, living or ended.
func (s *Service) sweepPage(ctx context.Context, after JobID, swept *Swept) ([]Record, JobID, error) {
	page, next, err := s.store.List(ctx, after, sweepPage)
	if err != nil {
		return nil, "", err
	}
	for _, record := range page {
		swept.Sent += s.resend(ctx, record, record.State)
	}
	return slices.DeleteFunc(page, func(r Record) bool { return !r.State.Phase.Living() }), next, nil
}

// sweepJob repairs one living job; schedule is nil if it has none.
func (s *Service) sweepJob(ctx context.Context, job Record, schedule *Scheduled, swept *Swept) error {
	reason, err := s.overdue(ctx, job, schedule != nil)
	switch {
	case err != nil:
		return s.sweepFailed(ctx, job.Spec.ID, err)
	case reason != "":
		return s.sweepEnd(ctx, job.Spec.ID, reason, swept)
	case schedule != nil && schedule.Cron == job.Spec.Schedule().Cron:
		return nil
	case schedule != nil:
		if err := s.scheduler.Unschedule(ctx, job.Spec.ID); err != nil {
			return s.sweepFailed(ctx, job.Spec.ID, err)
		}
		swept.Replaced++
	default:
		swept.Created++
	}
	if err := s.scheduler.Schedule(ctx, job.Spec); err != nil {
		return s.sweepFailed(ctx, job.Spec.ID, err)
	}
	return s.store.MarkScheduled(ctx, job.Spec.ID, true)
}

// overdue says why a living job is to be ended; "" if it is not. A job that was
// not scheduled cannot have been ticked, so it is not stale.
func (s *Service) overdue(ctx context.Context, job Record, scheduled bool) (string, error) {
	now := s.now()
	if age := now.Sub(job.Spec.Accepted); s.cfg.MaxAge > 0 && age > s.cfg.MaxAge {
		return fmt.Sprintf("monitored for longer than %v", s.cfg.MaxAge), nil
	}
	last := max(job.State.Ticks.LastSent, job.Spec.Accepted.UnixMilli())
	quiet := now.Sub(time.UnixMilli(last))
	every := job.Spec.Schedule().Every
	if quiet > suspectAfter*every+time.Minute {
		gone, err := s.jobGone(ctx, job)
		if err != nil {
			return "", err
		}
		if gone {
			return "the Job does not exist", nil
		}
	}
	if scheduled && s.cfg.StaleAfter > 0 && quiet > s.cfg.StaleAfter+every {
		return fmt.Sprintf("no tick came for longer than %v", s.cfg.StaleAfter), nil
	}
	return "", nil
}

// jobGone tells whether the Job was deleted; false without Kubernetes.
func (s *Service) jobGone(ctx context.Context, job Record) (bool, error) {
	job, err := s.store.Load(ctx, job.Spec.ID, "") // a list has no saved status
	if err != nil {
		return false, err
	}
	if s.jobs != nil {
		_, err = s.jobs.Status(ctx, job.Spec.ID)
	} else {
		_, err = s.jobStatus(ctx, job)
	}
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errJobGone), KindOf(err) == KindNotFound:
		return true, nil
	default:
		return false, err
	}
}

// sweepEnd ends a job as failed, with the report of what was seen.
func (s *Service) sweepEnd(ctx context.Context, id JobID, reason string, swept *Swept) error {
	record, state, err := s.update(ctx, id, func(r Record) (State, bool) {
		now := s.now()
		failed, _ := s.posted(r.Spec, r.State, r.State.end(PhaseFailed, reason, now), nil, now)
		return failed, r.State.Phase.Living()
	})
	if err != nil && KindOf(err) != KindNotFound {
		return s.sweepFailed(ctx, id, err)
	}
	s.log.InfoContext(ctx, "job ended", "job", id, "phase", PhaseFailed, "reason", reason)
	s.unschedule(ctx, id)
	swept.Ended++
	swept.Sent += s.resend(ctx, record, state)
	return nil
}

// sweepOrphan deletes a schedule unless its job has come to life since the jobs
// were listed.
func (s *Service) sweepOrphan(ctx context.Context, id JobID, swept *Swept) error {
	record, err := s.store.Load(ctx, id, "")
	switch {
	case err == nil && record.State.Phase.Living():
		return nil
	case err != nil && KindOf(err) != KindNotFound:
		return s.sweepFailed(ctx, id, err)
	}
	if err := s.scheduler.Unschedule(ctx, id); err != nil {
		return s.sweepFailed(ctx, id, err)
	}
	swept.Deleted++
	return nil
}

func (s *Service) sweepFailed(ctx context.Context, id JobID, err error) error {
	s.log.WarnContext(ctx, "not repaired", "job", id, "error", err)
	return err
}

// cursor walks a list page by page.
type cursor[T any, K comparable] struct {
	next  func(after K) ([]T, K, error)
	page  []T
	after K
	begun bool
}

// peek is the first item left, nil at the end.
func (c *cursor[T, K]) peek() (*T, error) {
	var none K
	for len(c.page) == 0 {
		if c.begun && c.after == none {
			return nil, nil
		}
		page, after, err := c.next(c.after)
		if err != nil {
			return nil, err
		}
		c.page, c.after, c.begun = page, after, true
	}
	return &c.page[0], nil
}

func (c *cursor[T, K]) pop() { c.page = c.page[1:] }
