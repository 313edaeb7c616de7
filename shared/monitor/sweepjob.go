package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

const (
	// suspectAfter is the number of periods without a tick, a minute added, after
	// which a sweep looks at a job itself.
	suspectAfter = 5
	// askPage bounds how many jobs of a page that look done, or are stalled, a sweep
	// with stored job status asks Kubernetes about, and about how many of those of
	// which the events contradicted each other.
	askPage = 50
	// askShare is the share of the other jobs that a sweep with stored job status
	// asks Kubernetes about, in case the end of the Job was never reported.
	askShare = 0.01
	// orphanAfter is how long a schedule must have been suspected before a sweep
	// deletes it although its job is unknown.
	orphanAfter = time.Minute
)

// job repairs one living job; own is its schedule, nil if it has none.
func (w *sweeper) job(ctx context.Context, record Record, own *Scheduled) {
	w.swept.Jobs++
	ended, err := w.endIfOver(ctx, record, own != nil)
	if err == nil && !ended {
		err = w.reschedule(ctx, record, own)
	}
	w.count(ctx, record.Spec.ID, err)
}

// reschedule makes the schedule of a living job what it should be, and corrects
// the mark that says whether there is one.
func (w *sweeper) reschedule(ctx context.Context, record Record, own *Scheduled) error {
	id, life := record.Spec.ID, record.Spec.Life()
	switch {
	case own != nil && own.Cron == record.Spec.Schedule().Cron:
		if record.Scheduled {
			return nil
		}
		return w.marks.MarkScheduled(ctx, id, life, true)
	case own != nil:
		if err := w.scheduler.Unschedule(ctx, id, life); err != nil {
			return err
		}
		w.swept.Replaced++
	default:
		w.swept.Created++
	}
	if err := w.scheduler.Schedule(ctx, record.Spec); err != nil {
		return errors.Join(err, w.marks.MarkScheduled(ctx, id, life, false))
	}
	return w.marks.MarkScheduled(ctx, id, life, true)
}

// endIfOver ends a job that is over, and reports whether it did.
func (w *sweeper) endIfOver(ctx context.Context, record Record, scheduled bool) (bool, error) {
	now := w.now()
	if age := now.Sub(record.Spec.Accepted); w.cfg.MaxAge > 0 && age > w.cfg.MaxAge {
		return true, w.endFailed(ctx, record, fmt.Sprintf("monitored for longer than %v", w.cfg.MaxAge))
	}
	last := time.UnixMilli(max(record.State.Ticks.LastSent, record.Spec.Accepted.UnixMilli()))
	every := record.Spec.Schedule().Every
	quiet := now.Sub(last)
	isQuiet := quiet > suspectAfter*every+time.Minute
	if w.shouldLook(record, isQuiet) {
		if ended, err := w.look(ctx, record, isQuiet); ended || err != nil {
			return ended, err
		}
	}
	if !scheduled || w.cfg.StaleAfter <= 0 || quiet <= w.cfg.StaleAfter+every {
		return false, nil // without a schedule a job gets no ticks, so it cannot be stale
	}
	return w.endStale(ctx, record, last)
}

// endStale ends a job without ticks, if an earlier sweep already suspected it:
// right after an outage of the state store every job looks stale, until its next
// tick arrives.
func (w *sweeper) endStale(ctx context.Context, record Record, last time.Time) (bool, error) {
	now := w.now()
	since, err := w.marks.Suspect(ctx, record.Spec.ID, record.Spec.Life(), now, last)
	if err != nil {
		return false, err
	}
	if now.Sub(since) < record.Spec.Schedule().Every+accounting.Grace {
		w.swept.Suspected++
		return false, nil
	}
	return true, w.endFailed(ctx, record, fmt.Sprintf("no tick came for longer than %v", w.cfg.StaleAfter))
}

// shouldLook reports whether the sweep should observe a job itself: it is quiet,
// or Kubernetes may have ended it without a report.
func (w *sweeper) shouldLook(record Record, quiet bool) bool {
	if quiet {
		return true
	}
	if !w.cfg.StoredKubeStatus || w.kubeJobs == nil {
		return false
	}
	if record.Doubted && w.doubted < askPage {
		w.doubted++
		return true
	}
	done := record.State.WorkSeen && record.State.Queue != nil && record.State.Queue.Left() == 0
	if ((done || isStalled(&record)) && w.asked < askPage) || w.cfg.Chance() < askShare {
		w.asked++
		return true
	}
	return false
}

// isStalled reports whether a job does not advance.
func isStalled(record *Record) bool { return record.State.Health.Now() == forecast.StatusStalled }

// look observes a job and ends it if the observation does, and reports whether
// it ended. Of a job that is quiet or stalled the deletion of its Kubernetes Job is
// an end too. A half that cannot be read is left to the job's ticks.
func (w *sweeper) look(ctx context.Context, listed Record, quiet bool) (bool, error) {
	record, err := w.ticks.Load(ctx, listed.Spec.ID, "") // a list has no stored status
	if err != nil {
		return false, err
	}
	tick := Tick{ID: fmt.Sprintf("sweep-%d", record.Revision), Job: record.Spec.ID, Internal: true}
	o := w.observe(ctx, record, tick, accounting.Delivery{Arrived: w.now()})
	if w.cfg.StoredKubeStatus && w.kubeJobs != nil {
		o.seen.Kube = w.askAgain(ctx, record, o.seen.Kube)
	}
	t := o.transition(w.cfg)
	deleted := o.seen.Kube.Absent && t.State.KubeSeen
	switch {
	case !record.State.Phase.Living():
		return true, nil
	case !t.State.Phase.Living() && t.State.Failures == 0:
		_, err := w.finish(ctx, o)
		w.swept.Ended++
		return true, err
	case (quiet || isStalled(record)) && deleted && t.State.LastError != "":
		return true, w.endFailed(ctx, *record, t.State.LastError)
	default:
		return false, nil
	}
}

// askAgain asks Kubernetes about a Job of which only a stored status is known.
func (w *sweeper) askAgain(ctx context.Context, record *Record, stored job.KubeHalf) job.KubeHalf {
	now := w.now()
	asked := w.askKubernetes(ctx, record.Spec.ID)
	w.correct(ctx, record, asked, now)
	if asked.Status == nil && stored.Status != nil && (stored.Status.Complete || stored.Status.Failed) {
		return stored
	}
	asked.Existed = stored.Existed || asked.Absent && (stored.Status != nil || record.State.KubeSeen)
	return asked
}

// endFailed ends a job as failed, with the report of what was seen. A later life
// of the id is left as it is.
func (w *sweeper) endFailed(ctx context.Context, record Record, reason string) error {
	id, life := record.Spec.ID, record.Spec.Life()
	over := func(r Record) bool { return !r.State.Phase.Living() || r.Spec.Life() != life }
	before, state, err := w.end(ctx, id, job.PhaseFailed, reason, over)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return nil
	case err != nil:
		return err
	case over(before):
		return nil
	}
	w.log.InfoContext(ctx, "job ended", "job", id, "phase", job.PhaseFailed, "reason", reason)
	w.leave(ctx, before.Spec)
	w.unschedule(ctx, id, life)
	w.swept.Ended++
	w.swept.Sent += w.resend(ctx, &before, state)
	return nil
}

// orphan deletes a schedule without a listed living job, unless the job is
// living all the same: it was started since, or the index has lost it. The
// schedule of an unknown job is only suspected at first: the store may be empty
// for a moment.
func (w *sweeper) orphan(ctx context.Context, schedule Scheduled) {
	w.swept.Schedules++
	record, err := w.ticks.Load(ctx, schedule.ID, "")
	switch {
	case err == nil && record.State.Phase.Living() && record.Spec.Life() == schedule.Life:
		err = w.jobs.Index(ctx, schedule.ID)
	case err == nil && record.State.Phase.Living(): // the schedule of an earlier life
		err = errors.Join(w.jobs.Index(ctx, schedule.ID), w.scheduler.Schedule(ctx, record.Spec), w.deleteOrphan(ctx, schedule))
	case err == nil:
		err = w.deleteOrphan(ctx, schedule)
	case errors.Is(err, ErrUnreadable):
		err = w.jobs.Index(ctx, schedule.ID)
	case failure.KindOf(err) == failure.KindNotFound:
		err = w.suspectOrphan(ctx, schedule)
	}
	w.count(ctx, schedule.ID, err)
}

func (w *sweeper) suspectOrphan(ctx context.Context, schedule Scheduled) error {
	now := w.now()
	since, err := w.marks.Suspect(ctx, schedule.ID, schedule.Life, now, time.Time{})
	if err != nil {
		return err
	}
	if now.Sub(since) < orphanAfter {
		w.swept.Suspected++
		return nil
	}
	return w.deleteOrphan(ctx, schedule)
}

func (w *sweeper) deleteOrphan(ctx context.Context, schedule Scheduled) error {
	if err := w.scheduler.Unschedule(ctx, schedule.ID, schedule.Life); err != nil {
		return err
	}
	w.swept.Deleted++
	return nil
}
