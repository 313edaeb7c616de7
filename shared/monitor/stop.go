package monitor

import "context"

// Stop ends the monitoring of a job at once; afterwards it has no report, as
// in the original. Stopping a stopped job changes nothing; ErrUnknownJob for an
// id that nothing is known of.
func (s *Service) Stop(ctx context.Context, id JobID) error {
	record, state, err := s.update(ctx, id, func(r Record) (State, bool) {
		now := s.now()
		stopped, _ := s.posted(r.Spec, r.State, r.State.end(PhaseStopped, "stopped by a caller", now), nil, now)
		return stopped, r.State.Phase != PhaseStopped
	})
	if err != nil {
		return err
	}
	if record.State.Phase != PhaseStopped {
		s.log.InfoContext(ctx, "job stopped", "job", id, "phase", PhaseStopped)
	}
	s.unschedule(ctx, id)
	s.resend(ctx, record, state)
	return nil
}
