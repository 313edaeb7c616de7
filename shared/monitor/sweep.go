package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Swept counts what one sweep saw and did.
type Swept struct {
	Jobs      int `json:"jobs"`      // living
	Schedules int `json:"schedules"` // existing
	Created   int `json:"created"`   // schedules that were missing
	Replaced  int `json:"replaced"`  // schedules with a wrong period
	Deleted   int `json:"deleted"`   // schedules without a living job
	Ended     int `json:"ended"`     // jobs that are gone, stale or too old
	Sent      int `json:"sent"`      // events that waited for their receiver
	Failed    int `json:"failed"`    // repairs left to the next sweep
}

// sweepPage is how many jobs, and how many schedules, are in memory at once.
const sweepPage = 500

// suspectAfter is the number of periods without a tick after which a sweep asks
// whether the Kubernetes Job still exists.
const suspectAfter = 5

// Sweep creates the schedules that are missing, deletes those without a living
// job, and ends jobs whose Kubernetes Job is gone, whose ticks stopped or that
// exceeded their maximum age. It walks the jobs and the schedules side by side,
// both in the order of their ids, a page of each at a time. Everything that it
// does is idempotent, so two sweeps may run at once. It returns an error if it
// could not read everything; a repair that fails is only counted.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	jobs := &cursor[Record, job.ID]{next: func(after job.ID) ([]Record, job.ID, error) {
		return s.listAndResend(ctx, after, &swept)
	}}
	schedules := &cursor[Scheduled, string]{next: func(after string) ([]Scheduled, string, error) {
		return s.scheduler.List(ctx, after, sweepPage)
	}}
	for {
		record, err := jobs.peek()
		if err != nil {
			return swept, fmt.Errorf("list jobs: %w", err)
		}
		schedule, err := schedules.peek()
		if err != nil {
			return swept, fmt.Errorf("list schedules: %w", err)
		}
		switch {
		case record == nil && schedule == nil:
			s.log.InfoContext(ctx, "sweep done", "jobs", swept.Jobs, "schedules", swept.Schedules, "created", swept.Created,
				"replaced", swept.Replaced, "deleted", swept.Deleted, "ended", swept.Ended, "sent", swept.Sent, "failed", swept.Failed)
			return swept, nil
		case schedule == nil || (record != nil && record.Spec.ID < schedule.ID):
			jobs.pop()
			swept.Jobs++
			swept.count(s.sweepJob(ctx, *record, nil, &swept))
		case record == nil || schedule.ID < record.Spec.ID:
			schedules.pop()
			swept.Schedules++
			swept.count(s.sweepOrphan(ctx, schedule.ID, &swept))
		default:
			jobs.pop()
			schedules.pop()
			swept.Jobs++
			swept.Schedules++
			swept.count(s.sweepJob(ctx, *record, schedule, &swept))
		}
	}
}

// count counts a repair that failed.
func (s *Swept) count(err error) {
	if err != nil {
		s.Failed++
	}
}

// listAndResend returns a page of the living jobs. It also resends the
// undelivered events of every job of the page, living or ended.
func (s *Service) listAndResend(ctx context.Context, after job.ID, swept *Swept) ([]Record, job.ID, error) {
	page, next, err := s.jobs.List(ctx, after, sweepPage)
	if err != nil {
		return nil, "", err
	}
	for _, record := range page {
		swept.Sent += s.resend(ctx, record, record.State)
	}
	return slices.DeleteFunc(page, func(r Record) bool { return !r.State.Phase.Living() }), next, nil
}

// sweepJob repairs one living job; schedule is nil if it has none.
func (s *Service) sweepJob(ctx context.Context, record Record, schedule *Scheduled, swept *Swept) error {
	reason, err := s.overdue(ctx, record, schedule != nil)
	switch {
	case err != nil:
		return s.sweepFailed(ctx, record.Spec.ID, err)
	case reason != "":
		return s.sweepEnd(ctx, record.Spec.ID, reason, swept)
	case schedule != nil && schedule.Cron == record.Spec.Schedule().Cron:
		return nil
	case schedule != nil:
		if err := s.scheduler.Unschedule(ctx, record.Spec.ID); err != nil {
			return s.sweepFailed(ctx, record.Spec.ID, err)
		}
		swept.Replaced++
	default:
		swept.Created++
	}
	if err := s.scheduler.Schedule(ctx, record.Spec); err != nil {
		return s.sweepFailed(ctx, record.Spec.ID, err)
	}
	return s.marks.MarkScheduled(ctx, record.Spec.ID, true)
}

// overdue returns why a living job must end, "" if it need not. A job that is
// not scheduled gets no ticks, so it cannot be stale.
func (s *Service) overdue(ctx context.Context, record Record, scheduled bool) (string, error) {
	now := s.now()
	if age := now.Sub(record.Spec.Accepted); s.cfg.MaxAge > 0 && age > s.cfg.MaxAge {
		return fmt.Sprintf("monitored for longer than %v", s.cfg.MaxAge), nil
	}
	last := max(record.State.Ticks.LastSent, record.Spec.Accepted.UnixMilli())
	quiet := now.Sub(time.UnixMilli(last))
	every := record.Spec.Schedule().Every
	if quiet > suspectAfter*every+time.Minute {
		gone, err := s.kubeJobGone(ctx, record)
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

// kubeJobGone reports whether the Kubernetes Job was deleted; false without
// Kubernetes.
func (s *Service) kubeJobGone(ctx context.Context, record Record) (bool, error) {
	record, err := s.ticks.Load(ctx, record.Spec.ID, "") // a list has no stored status
	if err != nil {
		return false, err
	}
	if s.kubeJobs != nil {
		_, err = s.kubeJobs.Status(ctx, record.Spec.ID)
	} else {
		_, err = s.kubeStatus(ctx, record)
	}
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errKubeJobGone), failure.KindOf(err) == failure.KindNotFound:
		return true, nil
	default:
		return false, err
	}
}

// sweepEnd ends a job as failed, with the report of what was seen.
func (s *Service) sweepEnd(ctx context.Context, id job.ID, reason string, swept *Swept) error {
	record, state, err := s.end(ctx, id, job.PhaseFailed, reason, func(p job.Phase) bool { return !p.Living() })
	if err != nil && failure.KindOf(err) != failure.KindNotFound {
		return s.sweepFailed(ctx, id, err)
	}
	s.log.InfoContext(ctx, "job ended", "job", id, "phase", job.PhaseFailed, "reason", reason)
	s.unschedule(ctx, id)
	swept.Ended++
	swept.Sent += s.resend(ctx, record, state)
	return nil
}

// sweepOrphan deletes a schedule unless its job was started since the jobs were
// listed.
func (s *Service) sweepOrphan(ctx context.Context, id job.ID, swept *Swept) error {
	record, err := s.ticks.Load(ctx, id, "")
	switch {
	case err == nil && record.State.Phase.Living():
		return nil
	case err != nil && failure.KindOf(err) != failure.KindNotFound:
		return s.sweepFailed(ctx, id, err)
	}
	if err := s.scheduler.Unschedule(ctx, id); err != nil {
		return s.sweepFailed(ctx, id, err)
	}
	swept.Deleted++
	return nil
}

func (s *Service) sweepFailed(ctx context.Context, id job.ID, err error) error {
	s.log.WarnContext(ctx, "repairing a job failed", "job", id, "error", err)
	return err
}

// cursor walks a list page by page.
type cursor[T any, K comparable] struct {
	next  func(after K) ([]T, K, error)
	page  []T
	after K
	read  bool // a page was read
}

// peek returns the first remaining item, nil at the end.
func (c *cursor[T, K]) peek() (*T, error) {
	var none K
	for len(c.page) == 0 {
		if c.read && c.after == none {
			return nil, nil
		}
		page, after, err := c.next(c.after)
		if err != nil {
			return nil, err
		}
		c.page, c.after, c.read = page, after, true
	}
	return &c.page[0], nil
}

func (c *cursor[T, K]) pop() { c.page = c.page[1:] }
