package functions_test

import (
	"context"
	"fmt"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

// Three jobs run from start to end with the ticks of an adapter that watches their
// PingSources, as Knative's does.
func TestWholeLifeWithAnAdapter(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	running := adapter.Start(t, adapter.Options{
		Config: plane.AdminConfig(), Namespace: w.ticks,
		Resolve: func(adapter.Sink) (string, error) { return w.url[config.TargetTick], nil },
	})
	ids := []string{"life-1", "life-2", "life-3"}
	names := map[string]string{}
	for _, id := range ids {
		w.job(id, map[string]any{"active": int64(2)})
		w.start(id, 1)
		names[id] = w.source(id).GetName()
	}
	w.await(ids, "two samples", func(s monitor.Status) bool { return s.Samples >= 2 && s.Phase == job.PhaseRunning })
	w.emptyQueue()
	for _, id := range ids {
		w.job(id, completed())
	}
	w.await(ids, "the end", func(s monitor.Status) bool { return s.Phase == job.PhaseFinished && s.Report != nil })
	for _, id := range ids {
		w.awaitNoSource(id)
		controlplane.Await(t, "no schedule of "+id, func(context.Context) error {
			if running.Ticking(w.ticks, names[id]) {
				return fmt.Errorf("%s is ticking", id)
			}
			return nil
		})
		elements, err := w.queue.Client().LLen(t.Context(), id+":metrics").Result()
		if got := w.status(id); err != nil || elements != got.Samples {
			t.Errorf("%s: %d elements (%v), want %d", id, elements, err, got.Samples)
		}
	}
}

// await waits until a condition holds for the status of each job.
func (w *world) await(ids []string, what string, holds func(monitor.Status) bool) {
	w.t.Helper()
	for _, id := range ids {
		controlplane.Await(w.t, what+" of "+id, func(context.Context) error {
			if got := w.status(id); !holds(got) {
				return fmt.Errorf("it is %+v", got)
			}
			return nil
		})
	}
}
