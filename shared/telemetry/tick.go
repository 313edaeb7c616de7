package telemetry

import (
	"context"
	"time"

	"kubejobs/shared/monitor"
)

// forgetAfter is how many periods, but at least forgetLeast, without a tick
// here make a job lose its gauges.
const (
	forgetAfter = 5
	forgetLeast = time.Minute
)

// Tick is one tick under way: what its steps leave for its figures.
type Tick struct {
	t       *Telemetry
	started time.Time

	loaded   bool
	lost     int64
	items    int64
	deadline time.Time
	period   time.Duration
}

type tickKey struct{}

// Tick begins a tick, which the store finds in the context. It is nil, which
// ends like any other, if nobody wants metrics.
func (t *Telemetry) Tick(ctx context.Context) (context.Context, *Tick) {
	if !t.metering {
		return ctx, nil
	}
	x := &Tick{t: t, started: time.Now()}
	return context.WithValue(ctx, tickKey{}, x), x
}

// End counts a tick by its outcome; err is the one that it ended in, or nil.
func (x *Tick) End(ctx context.Context, id monitor.JobID, outcome monitor.Outcome, err error) {
	switch {
	case x == nil:
		return
	case err != nil:
		outcome = resultError
	case outcome == monitor.OutcomeUnknown || outcome == monitor.OutcomeEnded:
		x.t.table.remove(id)
	}
	x.t.ticks.Add(ctx, 1, x.t.ticks.by[outcome]...)
	x.t.tickDuration.Record(ctx, time.Since(x.started).Seconds(), x.t.tickDuration.by[outcome]...)
}

// load notes what the tick found.
func (x *Tick) load(record *monitor.Record) {
	x.loaded, x.lost = true, record.State.Ticks.Lost
	x.items, x.deadline, x.period = record.Spec.Items, record.Spec.Deadline(), record.Spec.Period
}

// committed notes a state that was committed, by the tick in ctx or without
// one.
func (t *Telemetry) committed(ctx context.Context, c *monitor.Commit) {
	if !t.metering {
		return
	}
	x, _ := ctx.Value(tickKey{}).(*Tick)
	if x != nil && x.loaded {
		t.tickLateness.Record(ctx, float64(c.State.Ticks.LastLateness)/1000)
		if lost := c.State.Ticks.Lost - x.lost; lost > 0 { // one that is found again is not taken back
			t.ticksLost.Add(ctx, lost)
		}
	}
	switch {
	case !c.State.Phase.Living():
		t.table.remove(c.ID)
	case x != nil && x.loaded:
		now := t.now()
		t.table.put(c.ID, newFigures(x.items, x.deadline, c.State), now,
			now.Add(max(forgetAfter*x.period, forgetLeast)))
	}
}
