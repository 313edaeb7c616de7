package observability_test

import (
	"net/http"
	"testing"
	"time"

	"kubejobs/tests/world"
)

// period is how far two ticks are apart.
const period = 2 * time.Second

// start opens a world of today, and starts a job of 100 items with ten minutes'
// time.
func start(t *testing.T, id string) *world.World {
	t.Helper()
	w := world.Open(t, nil, world.Options{Begin: time.Now()})
	w.Fill(100, 0, 0)
	w.Start(id, `"expected_time":600,"number_of_jobs":100`)
	return w
}

// tick does some of the job's work and sends the tick that sees it.
func tick(t *testing.T, w *world.World, id string) {
	t.Helper()
	w.Pass(period)
	if err := w.Jobs.LMove(t.Context(), "job", "job:results", "LEFT", "RIGHT").Err(); err != nil {
		t.Fatal(err)
	}
	if got := w.Tick(id).Header.Get("Kubejobs-Outcome"); got != "sampled" {
		t.Fatalf("tick: got %q, want sampled", got)
	}
}

// sweep is what the sweep's PingSource does.
func sweep(t *testing.T, w *world.World) {
	t.Helper()
	if got := w.Call(http.MethodPost, "/sweep", "{}", "Content-Type", "application/json"); got.Status != http.StatusOK {
		t.Fatalf("sweep: %d %s, want 200", got.Status, got.Body)
	}
}
