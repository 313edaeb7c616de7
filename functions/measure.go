package functions

import (
	"context"
	"log/slog"
	"time"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/telemetry"
)

// flushTimeout bounds the sending of the last spans and metrics.
const flushTimeout = 2 * time.Second

// LogTelemetry logs errors of the OpenTelemetry SDK, for the whole process: those
// of sending, and wrong values of the OTEL_* variables. A main calls it once,
// before Open.
func LogTelemetry(cfg config.Config, log *slog.Logger) {
	var secrets []string
	for _, secret := range cfg.Telemetry.Secrets {
		secrets = append(secrets, secret.Reveal())
	}
	telemetry.LogErrors(log, secrets)
}

// measured is a service that counts its ticks and sweeps.
type measured struct {
	*monitor.Service
	telemetry *telemetry.Telemetry
}

// Tick counts a tick by its outcome.
func (m measured) Tick(ctx context.Context, tick monitor.Tick) (monitor.Outcome, error) {
	started := time.Now()
	outcome, err := m.Service.Tick(ctx, tick)
	m.telemetry.Tick(ctx, started, tick.Job, outcome, err)
	return outcome, err
}

// Sweep counts a sweep and what it did.
func (m measured) Sweep(ctx context.Context) (monitor.Swept, error) {
	swept, err := m.Service.Sweep(ctx)
	m.telemetry.Sweep(ctx, swept, err)
	return swept, err
}

func (s *Set) openTelemetry(ctx context.Context, o Options) (err error) {
	t := s.cfg.Telemetry
	s.telemetry, err = telemetry.Open(ctx, telemetry.Options{
		Traces: t.Traces, Push: t.Push, Serve: t.Serve, Jobs: t.Jobs, Service: t.Service, Now: o.Now,
		Readers: o.Readers, Processors: o.Processors,
	})
	return err
}

// flush sends the last telemetry. The program ends well even if that fails.
func (s *Set) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	s.telemetry.Close(ctx)
}
