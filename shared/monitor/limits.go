package monitor

import (
	"context"
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// placeGrace is how long a place may be taken for a job that is not stored: longer than
// a start takes, and than clocks differ.
const placeGrace = time.Minute

// limited reports whether the number of living jobs is limited.
func (s *Service) limited() bool { return s.cfg.MaxJobs > 0 || s.cfg.MaxJobsPerCaller > 0 }

// takePlace takes a place for a life that is being started. The error is of kind limit
// if there is none.
func (s *Service) takePlace(ctx context.Context, spec job.Spec) error {
	if !s.limited() {
		return nil
	}
	result, err := s.places.TakePlace(ctx, spec, s.cfg.MaxJobs, s.cfg.MaxJobsPerCaller, s.now())
	const then = "stop one, or try again when one has ended"
	switch {
	case err != nil:
		return err
	case result == PlaceAllTaken:
		return &failure.Error{Kind: failure.KindLimit, Message: fmt.Sprintf(
			"%d jobs are monitored, as many as MAX_JOBS allows; %s", s.cfg.MaxJobs, then)}
	case result == PlaceCallerTaken:
		return &failure.Error{Kind: failure.KindLimit, Message: fmt.Sprintf(
			"%d jobs of this caller are monitored, as many as MAX_JOBS_PER_CALLER allows; %s", s.cfg.MaxJobsPerCaller, then)}
	}
	return nil
}

// leavePlace frees the place of a life that has ended or was not started. If that
// fails, the sweep does it.
func (s *Service) leavePlace(ctx context.Context, spec job.Spec) {
	if !s.limited() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTimeout)
	defer cancel()
	if err := s.places.LeavePlace(ctx, spec); err != nil {
		s.log.WarnContext(ctx, "freeing the place of the job failed", "job", spec.ID, "error", err)
	}
}

// holdPlaces keeps the places of living jobs.
func (w *sweeper) holdPlaces(ctx context.Context, living []Record) {
	if !w.limited() || len(living) == 0 {
		return
	}
	specs := make([]job.Spec, 0, len(living))
	for _, record := range living {
		specs = append(specs, record.Spec)
	}
	if err := w.places.HoldPlaces(ctx, specs, w.now()); err != nil {
		w.log.WarnContext(ctx, "keeping the places of jobs failed", "error", err)
		w.unheld = true
	}
}

// freePlaces frees the places that no living job has had since a sweep over all jobs
// began.
func (w *sweeper) freePlaces(ctx context.Context, began time.Time) {
	if !w.limited() || w.unheld {
		return
	}
	freed, err := w.places.FreePlaces(ctx, began.Add(-placeGrace))
	switch {
	case err != nil:
		w.log.WarnContext(ctx, "freeing the places of ended jobs failed", "error", err)
	case freed > 0:
		w.log.InfoContext(ctx, "places without a living job were freed", "places", freed)
	}
}
