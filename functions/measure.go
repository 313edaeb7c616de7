package functions

import (
	"context"
	"log/slog"

	"kubejobs/shared/config"
	"kubejobs/shared/monitor"
	"kubejobs/shared/telemetry"
)

// LogTelemetry logs what goes wrong inside the OpenTelemetry SDK, for the whole
// process. A main calls it once.
func LogTelemetry(cfg config.Config, log *slog.Logger) {
	var secrets []string
	for _, secret := range cfg.Telemetry.Secrets {
		secrets = append(secrets, secret.Reveal())
	}
	telemetry.LogErrors(log, secrets)
}

// measured is the service with its ticks and sweeps counted.
type measured struct {
	*monitor.Service
	telemetry *telemetry.Telemetry
}

// Tick counts a tick by what became of it.
func (m measured) Tick(ctx context.Context, tick monitor.Tick) (monitor.Outcome, error) {
	ctx, underWay := m.telemetry.Tick(ctx)
	outcome, err := m.Service.Tick(ctx, tick)
	underWay.End(ctx, tick.Job, outcome, err)
	return outcome, err
}

// Sweep counts a sweep and what it did.
func (m measured) Sweep(ctx context.Context) (monitor.Swept, error) {
	swept, err := m.Service.Sweep(ctx)
	m.telemetry.Sweep(ctx, swept, err)
	return swept, err
}
