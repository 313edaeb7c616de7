package observability_test

import (
	"net/http"
	"testing"
	"time"

	"kubejobs/tests/world"
)

// period is the time between two ticks.
const period = 2 * time.Second

// start opens a world whose clock starts now, and starts a job of 100 items, of which
// workers hold two, that has ten minutes.
func start(t *testing.T, id string) *world.World {
	t.Helper()
	w := world.Open(t, nil, world.Options{Begin: time.Now()})
	w.Fill(98, 2, 0)
	w.Start(id, `"expected_time":600,"number_of_jobs":100`)
	return w
}

// tick completes an item of the job, which two workers work at, and sends a tick.
func tick(t *testing.T, w *world.World, id string) {
	t.Helper()
	w.Pass(period)
	for _, move := range [][2]string{{"job:processing", "job:results"}, {"job", "job:processing"}} {
		if err := w.Jobs.LMove(t.Context(), move[0], move[1], "LEFT", "RIGHT").Err(); err != nil {
			t.Fatal(err)
		}
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
