package monitor

import (
	"context"
	"fmt"
	"slices"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Swept counts what one sweep saw and did.
type Swept struct {
	Jobs       int `json:"jobs"`       // living
	Schedules  int `json:"schedules"`  // existing
	Created    int `json:"created"`    // schedules that were missing
	Replaced   int `json:"replaced"`   // schedules with a wrong period
	Deleted    int `json:"deleted"`    // schedules without a living job
	Recovered  int `json:"recovered"`  // jobs that the list of jobs had lost
	Ended      int `json:"ended"`      // jobs that are over, gone, stale or too old
	Sent       int `json:"sent"`       // events that waited for their receiver
	Pushed     int `json:"pushed"`     // last samples that waited for the Controller's list
	Suspected  int `json:"suspected"`  // jobs and schedules that a later sweep may end
	Unreadable int `json:"unreadable"` // jobs whose records cannot be read
	Failed     int `json:"failed"`     // repairs left to the next sweep
}

// sweepPage is how many jobs, and how many schedules, are in memory at once.
const sweepPage = 500

// Sweep lists jobs again that the list has lost, creates the schedules that are missing,
// deletes those without a living job, and ends jobs that are over, whose Kubernetes Job is gone, whose ticks
// stopped or that exceeded their maximum age. It walks the jobs and the schedules side by side,
// both in the order of ListOrder, a page of each at a time. Everything that it
// does is idempotent, so two sweeps may run at once. It returns an error if it
// could not read everything, or ctx ends; a repair that fails is only counted.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	w, began := &sweeper{Service: s}, s.now()
	w.recover(ctx)
	jobs := &cursor[Record, job.ID]{next: func(after job.ID) ([]Record, job.ID, error) { return w.listJobs(ctx, after) }}
	schedules := &cursor[Scheduled, string]{next: func(after string) ([]Scheduled, string, error) {
		return s.scheduler.List(ctx, after, sweepPage)
	}}
	for {
		record, err := jobs.peek()
		if err != nil {
			return w.swept, fmt.Errorf("list jobs: %w", err)
		}
		schedule, err := schedules.peek()
		if err != nil {
			return w.swept, fmt.Errorf("list schedules: %w", err)
		}
		if err := ctx.Err(); err != nil { // do not fail at every job that is left
			return w.swept, failure.Unavailable("the sweep was cut off", err)
		}
		switch {
		case record == nil && schedule == nil:
			w.freePlaces(ctx, began)
			w.logSwept(ctx)
			return w.swept, nil
		case schedule != nil && (record == nil || ListOrder(schedule.ID) < ListOrder(record.Spec.ID)):
			schedules.pop()
			w.orphan(ctx, *schedule)
		default:
			jobs.pop()
			own, err := w.matching(ctx, *record, schedules)
			if err != nil {
				return w.swept, fmt.Errorf("list schedules: %w", err)
			}
			w.job(ctx, *record, own)
		}
	}
}

// sweeper is one sweep under way.
type sweeper struct {
	*Service
	swept Swept
	// Jobs of the page about which Kubernetes was asked, and those of them that were
	// doubted.
	asked, doubted int
	unheld         bool // the places of some jobs could not be kept
}

func (w *sweeper) logSwept(ctx context.Context) {
	s := w.swept
	w.log.InfoContext(ctx, "sweep done", "jobs", s.Jobs, "schedules", s.Schedules, "created", s.Created,
		"replaced", s.Replaced, "deleted", s.Deleted, "recovered", s.Recovered, "ended", s.Ended, "sent", s.Sent, "pushed", s.Pushed,
		"suspected", s.Suspected, "unreadable", s.Unreadable, "failed", s.Failed)
}

// recover lists jobs again that the list has lost. Without it their schedules would be all
// that is left to find them by.
func (w *sweeper) recover(ctx context.Context) {
	recovered, err := w.jobs.Recover(ctx)
	w.swept.Recovered += recovered
	if err != nil {
		w.log.WarnContext(ctx, "looking for jobs that the list has lost failed", "error", err)
		w.swept.Failed++
	}
}

// listJobs returns a page of the living jobs. It also resends the undelivered
// events of every job of the page, living or ended, and pushes the last samples that
// are missing in the Controller's list.
func (w *sweeper) listJobs(ctx context.Context, after job.ID) ([]Record, job.ID, error) {
	page, err := w.jobs.List(ctx, after, sweepPage)
	if err != nil {
		return nil, "", err
	}
	w.logUnreadable(ctx, page)
	w.swept.Unreadable += len(page.Unreadable)
	w.asked, w.doubted = 0, 0
	for _, record := range page.Records {
		w.swept.Sent += w.resend(ctx, &record, record.State)
	}
	w.pushLast(ctx, page.Records)
	living := slices.DeleteFunc(page.Records, func(r Record) bool { return !r.State.Phase.Living() })
	w.holdPlaces(ctx, living)
	return living, page.Next, nil
}

// matching takes the schedules of a job's id off the list and returns the one
// of its life, nil if there is none. The others are orphans of other lives.
func (w *sweeper) matching(ctx context.Context, record Record, schedules *cursor[Scheduled, string]) (*Scheduled, error) {
	var own *Scheduled
	for {
		schedule, err := schedules.peek()
		if err != nil || schedule == nil || schedule.ID != record.Spec.ID {
			return own, err
		}
		schedules.pop()
		if schedule.Life == record.Spec.Life() {
			own = schedule
			w.swept.Schedules++
			continue
		}
		w.orphan(ctx, *schedule)
	}
}

// count counts a repair that failed.
func (w *sweeper) count(ctx context.Context, id job.ID, err error) {
	if err != nil {
		w.log.WarnContext(ctx, "repairing a job failed", "job", id, "error", err)
		w.swept.Failed++
	}
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
