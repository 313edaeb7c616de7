package telemetry

import (
	"context"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// forgetAfter is how many periods, but at least forgetLeast, without a tick
// here make a job lose its gauges.
const (
	forgetAfter = 5
	forgetLeast = time.Minute
)

// Tick counts a tick that began at began by its outcome; err is the one that it
// ended in, or nil.
func (t *Telemetry) Tick(ctx context.Context, began time.Time, id job.ID, outcome monitor.Outcome, err error) {
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
	t.tickDuration.Record(ctx, time.Since(began).Seconds(), t.tickDuration.by[outcome]...)
}

// told takes a job's figures from what a tick's commit made.
func (t *Telemetry) told(ctx context.Context, n *monitor.Notice) {
	if !t.metering || n.Again {
		return
	}
	t.tickLateness.Record(ctx, float64(n.State.Ticks.LastLateness)/1000)
	if n.Lost > 0 { // one that is found again is not taken back
		t.ticksLost.Add(ctx, n.Lost)
	}
	if !n.State.Phase.Living() {
		t.table.remove(n.Spec.ID)
		return
	}
	now := t.now()
	t.table.put(n.Spec.ID, newFigures(n), now, now.Add(max(forgetAfter*n.Spec.Period, forgetLeast)))
}
