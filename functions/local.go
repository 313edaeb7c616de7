package functions

import (
	"context"
	"net/http"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/localtick"
	"kubejobs/shared/platform/config"
)

// SweepCron is the schedule of the local sweep: every five minutes, as the PingSource
// on a cluster.
const SweepCron = "0 */5 * * * *"

// openLocal creates the local scheduler, unless ticks come from Knative. Its ticks
// end with ctx.
func (s *Set) openLocal(ctx context.Context, o Options) (err error) {
	if s.scheduler != nil {
		return nil
	}
	cut := make(chan struct{})
	s.ticks.cut = sync.OnceFunc(func() { close(cut) })
	s.local, err = localtick.New(ctx, localtick.Options{
		Sink: s.cfg.TickSink, Jitter: s.cfg.TickJitter, Now: o.Now,
		Wrap: func(base http.RoundTripper) http.RoundTripper { return s.telemetry.Transport(finishing(cut, base)) },
		Lost: func(reason localtick.Reason) { s.telemetry.TicksUnsent(ctx, string(reason), 1) },
	}, s.log)
	if err != nil {
		return err
	}
	s.scheduler = s.local
	return nil
}

// sweepLocally schedules sweeps in the process if nobody else sweeps.
func (s *Set) sweepLocally(ctx context.Context, cron string) error {
	if s.local == nil || s.cfg.Target != config.TargetAll || cron == "" {
		return nil
	}
	return s.local.Every(ctx, cron, func(ctx context.Context) {
		if _, err := s.service.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sweep failed", "error", err)
		}
	})
}

// Start starts the local scheduler and schedules the living jobs of an earlier
// process. It retries until ctx ends if the state Redis is unavailable.
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
		err := failure.Catch(func() error { return s.service.Resume(ctx) })
		if stack := failure.Stack(err); stack != "" {
			s.log.ErrorContext(ctx, "panic", "error", err, "stack", stack)
			return nil // the sweep schedules the jobs
		}
		if err == nil || !failure.IsRetryable(err) {
			return err
		}
		s.log.WarnContext(ctx, "resuming jobs failed", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, 5*time.Second)
		}
	}
}

// EmbeddedRedis returns the address of the embedded Redis, "" if there is none.
func (s *Set) EmbeddedRedis() string {
	if s.embedded == nil {
		return ""
	}
	return s.embedded.Addr()
}

// Scheduled reports whether the local scheduler ticks a job.
func (s *Set) Scheduled(id job.ID) bool { return s.local != nil && s.local.Has(id) }
