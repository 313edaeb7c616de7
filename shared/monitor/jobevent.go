package monitor

import "context"

// JobChanged keeps what an event said of a Kubernetes Job. version rises with
// the Job's changes: an event that comes late changes nothing.
func (s *Service) JobChanged(ctx context.Context, id JobID, status JobStatus, version uint64) error {
	return s.store.SaveJob(ctx, id, status, version)
}
