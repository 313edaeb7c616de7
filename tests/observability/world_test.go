package observability_test

import (
	"net/http"
	"testing"
	"time"

	"kubejobs/tests/world"
)

// period is the time between two ticks.
const period = 2 * time.Second

// start opens a world whose clock starts now, and starts a job of 100 items that has
// ten minutes.
func start(t *testing.T, id string) *world.World {
	t.Helper()
	w := world.Open(t, nil, world.Options{Begin: time.Now()})
	w.Fill(100, 0, 0)
	w.Start(id, `"expected_time":600,"number_of_jobs":100`)
	return w
}

// tick completes an item of the job and sends a tick.
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

// sweep runs a sweep as its PingSource does.
func sweep(t *testing.T, w *world.World) {
	t.Helper()
	if got := w.Call(http.MethodPost, "/sweep", "{}", "Content-Type", "application/json"); got.Status != http.StatusOK {
		t.Fatalf("sweep: %d %s, want 200", got.Status, got.Body)
	}
}
