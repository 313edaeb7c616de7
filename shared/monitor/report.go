package monitor

import (
	"context"

	"kubejobs/shared/core/job"
)

// Report returns the report of a job that finished or failed. The error is
// ErrRunning if the job is living, ErrNoReport if it was stopped, or
// ErrUnknownJob.
func (s *Service) Report(ctx context.Context, id job.ID) (job.Report, error) {
	record, err := s.loadReported(ctx, id)
	if err != nil {
		return job.Report{}, err
	}
	return job.NewReport(record.Spec, record.State), nil
}

// Detailed returns the detailed report of a job, with the errors of Report.
func (s *Service) Detailed(ctx context.Context, id job.ID) (job.Detailed, error) {
	if _, err := s.loadReported(ctx, id); err != nil {
		return nil, err
	}
	replay, err := s.jobs.Replay(ctx, id)
	if err != nil {
		return nil, err
	}
	return job.NewDetailed(replay.Record.State.Summary.Merge(replay.History)), nil
}

// loadReported loads a job that has a report.
func (s *Service) loadReported(ctx context.Context, id job.ID) (Record, error) {
	if !sees(ctx, id) {
		return Record{}, ErrUnknownJob
	}
	record, err := s.ticks.Load(ctx, id, "")
	switch {
	case err != nil:
		return Record{}, err
	case record.State.Phase == job.PhaseStopped:
		return Record{}, ErrNoReport
	case record.State.Phase.Living():
		return Record{}, ErrRunning
	}
	return *record, nil
}
