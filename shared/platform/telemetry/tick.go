package telemetry

import (
	"context"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// A job loses its gauges after forgetPeriods periods without a tick on this
// instance, but not before forgetLeast.
const (
	forgetPeriods = 5
	forgetLeast   = time.Minute
)

// Tick counts a tick that started at started by its outcome, or as an error if
// err is not nil.
func (t *Telemetry) Tick(ctx context.Context, started time.Time, id job.ID, outcome monitor.Outcome, err error) {
	if !t.metering {
		return
	}
	switch {
	case err != nil:
		outcome = resultError
	case outcome == monitor.OutcomeUnknown || outcome == monitor.OutcomeEnded:
		t.table.remove(id)
	}
	t.ticks.Add(ctx, 1, t.ticks.by[outcome]...)
	t.tickDuration.Record(ctx, time.Since(started).Seconds(), t.tickDuration.by[outcome]...)
}

// TicksUnsent counts ticks of the local scheduler or the metronome that nobody took.
func (t *Telemetry) TicksUnsent(ctx context.Context, reason string, ticks int) {
	if t.metering {
		t.ticksUnsent.Add(ctx, int64(ticks), labels(keyReason.With(reason)))
	}
}

// recordNotice updates a job's gauges from the notice of a commit.
func (t *Telemetry) recordNotice(ctx context.Context, n *monitor.Notice) {
	if !t.metering || n.Again {
		return
	}
	t.tickLateness.Record(ctx, float64(n.State.Ticks.LastLateness)/1000)
	if n.Lost > 0 { // a counter cannot fall when a lost tick arrives after all
		t.ticksLost.Add(ctx, n.Lost)
	}
	if !n.State.Phase.Living() {
		t.table.remove(n.Spec.ID)
		return
	}
	now := t.now()
	t.table.put(n.Spec.ID, newFigures(n), now, now.Add(max(forgetPeriods*n.Spec.Period, forgetLeast)))
}
