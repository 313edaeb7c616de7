package monitor

import (
	"context"

	"kubejobs/shared/core/job"
)

// Stop ends the monitoring of a job at once. Afterwards the job has no report,
// as in the original. Stopping a stopped job changes nothing. The error for an
// unknown id is ErrUnknownJob.
func (s *Service) Stop(ctx context.Context, id job.ID) error {
	stopped := func(p job.Phase) bool { return p == job.PhaseStopped }
	record, state, err := s.end(ctx, id, job.PhaseStopped, "stopped by a caller", stopped)
	if err != nil {
		return err
	}
	if !stopped(record.State.Phase) {
		s.log.InfoContext(ctx, "job stopped", "job", id, "phase", job.PhaseStopped)
	}
	s.unschedule(ctx, id)
	s.resend(ctx, record, state)
	return nil
}
