package monitor

import (
	"context"
	"errors"

	"kubejobs/shared/core/job"
)

// Stop ends the monitoring of a job at once. Afterwards the job has no report,
// as in the original. Stopping a stopped job changes nothing. A job whose record
// cannot be read is discarded. The error for an unknown id is ErrUnknownJob.
func (s *Service) Stop(ctx context.Context, id job.ID) error {
	if !sees(ctx, id) {
		return ErrUnknownJob
	}
	stopped := func(r Record) bool { return r.State.Phase == job.PhaseStopped }
	record, state, err := s.end(ctx, id, job.PhaseStopped, "stopped by a caller", stopped)
	if errors.Is(err, ErrUnreadable) {
		s.log.WarnContext(ctx, "discarding an unreadable job", "job", id, "error", err)
		return s.jobs.Discard(ctx, id)
	}
	if err != nil {
		return err
	}
	if !stopped(record) {
		s.log.InfoContext(ctx, "job stopped", "job", id, "phase", job.PhaseStopped)
	}
	s.board.expire()
	s.leave(ctx, record.Spec)
	s.unscheduleInTurn(ctx, id, record.Spec.Life())
	s.resend(ctx, &record, state)
	return nil
}
