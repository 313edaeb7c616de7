package functions

import (
	"context"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/config"
)

// SweepCron is when the local scheduler sweeps for a main, as a PingSource does
// on a cluster.
const SweepCron = "0 */5 * * * *"

// sweepLocally sweeps in the process that ticks, where nobody else does.
func (s *Set) sweepLocally(ctx context.Context, cron string) error {
	if s.local == nil || s.cfg.Target != config.TargetAll || cron == "" {
		return nil
	}
	return s.local.Every(ctx, cron, func(ctx context.Context) {
		if _, err := s.service.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "not swept", "error", err)
		}
	})
}

// Start begins ticking: living jobs that an earlier process scheduled first. A
// state Redis that is away is waited for until ctx ends.
func (s *Set) Start(ctx context.Context) error {
	if s.local == nil {
		return nil
	}
	s.local.Start()
	if s.cfg.Target != config.TargetMonitor && s.cfg.Target != config.TargetAll {
		return nil
	}
	wait := 100 * time.Millisecond
	for {
		err := s.service.Resume(ctx)
		if err == nil || !failure.IsRetryable(err) {
			return err
		}
		s.log.WarnContext(ctx, "jobs not resumed", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// EmbeddedRedis is where the embedded Redis listens, "" if there is none.
func (s *Set) EmbeddedRedis() string {
	if s.embedded == nil {
		return ""
	}
	return s.embedded.Addr()
}

// Scheduled tells whether the local scheduler ticks a job.
func (s *Set) Scheduled(id job.ID) bool { return s.local != nil && s.local.Has(id) }
