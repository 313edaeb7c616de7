package functions_test

import (
	"context"
	"errors"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	cluster "kubejobs/tests/cluster"
	"kubejobs/tests/cluster/controlplane"
)

// While the API server is down, one job is started and another one stopped. Both calls
// succeed at once, and a later sweep creates and deletes the PingSources.
func TestAPIServerOutage(t *testing.T) {
	t.Parallel()
	own := controlplane.Start(t, cluster.PingSource)
	w := open(t, own, unchanged, nil)
	w.job("b", map[string]any{"active": int64(1)})
	w.start("b", 2)
	w.job("c", map[string]any{"active": int64(2)})
	w.start("c", 2)
	w.expectTick("c", monitor.OutcomeSampled)

	own.StopAPIServer(t)
	w.expectTick("c", monitor.OutcomeSampled) // with the queue only
	if got := w.status("c"); got.Last.Replicas != 2 || got.Failures != 0 {
		t.Errorf("a tick without an API server: %d replicas, %d failures, want 2, 0", got.Last.Replicas, got.Failures)
	}
	w.start("a", 2)
	if got := w.status("a"); got.Scheduled || !got.Phase.Living() {
		t.Errorf("started without an API server: %+v, want living and not scheduled", got)
	}
	w.stop("b")
	if got := w.status("b"); got.Phase != job.PhaseStopped {
		t.Errorf("stopped without an API server: %s, want stopped at once", got.Phase)
	}
	if _, ok := w.sweep(); ok {
		t.Error("a sweep without an API server succeeded")
	}
	w.expectTick("b", monitor.OutcomeEnded) // its PingSource still exists

	own.StartAPIServer(t)
	w.expectSource("b", true)
	controlplane.Await(t, "a sweep succeeds", func(context.Context) error {
		if _, ok := w.sweep(); !ok {
			return errors.New("it failed")
		}
		return nil
	})
	w.expectSource("a", true)
	w.expectSource("b", false)
	if got := w.status("a"); !got.Scheduled {
		t.Errorf("after the sweep: %+v, want scheduled", got)
	}
}
