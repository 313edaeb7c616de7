package telemetry

import (
	"context"

	"kubejobs/shared/monitor"
)

// Sweep counts a sweep and what it did.
func (t *Telemetry) Sweep(ctx context.Context, swept monitor.Swept, err error) {
	if !t.metering {
		return
	}
	result := resultDone
	if err != nil {
		result = resultError
	} else {
		t.sweepJobs.Record(ctx, int64(swept.Jobs))
		t.sweepSchedules.Record(ctx, int64(swept.Schedules))
		t.sweepLast.Record(ctx, seconds(t.now()))
	}
	t.sweeps.Add(ctx, 1, t.sweeps.by[result]...)
	for action, count := range map[string]int{
		"created": swept.Created, "replaced": swept.Replaced, "deleted": swept.Deleted,
		"recovered": swept.Recovered, "ended": swept.Ended, "sent": swept.Sent, "pushed": swept.Pushed,
		"suspected": swept.Suspected, "unreadable": swept.Unreadable, "failed": swept.Failed,
	} {
		t.sweepActions.Add(ctx, int64(count), t.sweepActions.by[action]...)
	}
}
