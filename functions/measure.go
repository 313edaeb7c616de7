package functions

import (
	"context"

	"kubejobs/shared/metrics"
	"kubejobs/shared/monitor"
)

// measured is the service with its ticks and sweeps counted.
type measured struct {
	*monitor.Service
	metrics *metrics.Metrics
}

// Tick counts a tick by what became of it.
func (m measured) Tick(ctx context.Context, tick monitor.Tick) (monitor.Outcome, error) {
	outcome, err := m.Service.Tick(ctx, tick)
	m.metrics.Tick(outcome, err)
	return outcome, err
}

// Sweep counts a sweep and what it did.
func (m measured) Sweep(ctx context.Context) (monitor.Swept, error) {
	swept, err := m.Service.Sweep(ctx)
	m.metrics.Sweep(swept, err)
	return swept, err
}
