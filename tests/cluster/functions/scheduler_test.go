package functions_test

import (
	"testing"
	"time"

	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/tests/cluster/adapter"
)

// The schedules behave the same whether PingSources are removed at once or late,
// behind the finalizer of their controller.
func TestScheduler(t *testing.T) {
	t.Parallel()
	for name, finalize := range map[string]time.Duration{"removed at once": 0, "removed late": 300 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			monitortest.RunScheduler(t, func(t *testing.T) monitor.Scheduler {
				t.Helper()
				namespace := plane.Namespace(t)
				adapter.Start(t, adapter.Options{
					Config: plane.AdminConfig(), Namespace: namespace, Finalize: finalize,
					Resolve: func(adapter.Sink) (string, error) { return "http://127.0.0.1:1", nil },
				})
				sink := pingsource.Destination{Ref: &pingsource.Reference{APIVersion: "v1", Kind: "Service", Namespace: namespace, Name: "tick"}}
				return pingsource.New(plane.Dynamic(), namespace, sink, nil)
			})
		})
	}
}
