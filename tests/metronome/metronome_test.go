// Package metronome_test runs the functions with SCHEDULER=metronome on real redis-servers.
package metronome_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"kubejobs/tests/world"
)

// jobs is more than a batch has.
const jobs = 70

// open starts jobs in a world whose batches go to sink; "" keeps them in the instance.
func open(t *testing.T, sink string) *world.World {
	t.Helper()
	w := world.Open(t, map[string]string{"SCHEDULER": "metronome", "TICK_SINK": sink, "START_BURST": "1000"}, world.Options{})
	w.Fill(1000, 0, 0)
	for n := range jobs {
		w.Start(id(n), `"expected_time":600`)
	}
	return w
}

func id(n int) string { return fmt.Sprint("j", n) }

// beat delivers a beat and expects that it is taken.
func beat(t *testing.T, w *world.World, event string) {
	t.Helper()
	t.Helper()
	got := w.Call(http.MethodPost, "/metronome", `{}`, "Content-Type", "application/json", "Ce-Id", event,
		"Ce-Source", "/apis/v1/namespaces/kubejobs/pingsources/metronome", "Ce-Specversion", "1.0",
		"Ce-Time", w.Now().Format(time.RFC3339Nano), "Ce-Type", "dev.knative.sources.ping")
	if got.Status != http.StatusOK || got.Header.Get("Kubejobs-Outcome") != "beaten" {
		t.Fatalf("beat: %d %v %s", got.Status, got.Header, got.Body)
	}
}

// expect expects each of the first jobs to have so many samples.
func expect(t *testing.T, w *world.World, title string, many int, want int64) {
	t.Helper()
	t.Helper()
	for n := range many {
		if got := w.Published(id(n)); got != want {
			t.Errorf("%s: %s has %d samples, want %d", title, id(n), got, want)
		}
	}
}

// Each job has one sample an instant, however often the beat comes, as with a PingSource
// of its own; an ended job has no more.
func TestOneSampleAnInstant(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	beat(t, w, "b0")
	expect(t, w, "at the instant of the start", jobs, 1)
	for n := range 3 {
		w.Pass(2 * time.Second)
		for _, event := range []string{"b", "b", "c"} { // one that is repeated, and another one
			beat(t, w, fmt.Sprint(event, n))
		}
		expect(t, w, fmt.Sprint("after beat ", n), jobs, int64(n+2))
	}
	status := w.Status("j0")
	if status.Ticks.Lost != 0 || status.Ticks.Duplicate != 0 || status.Ticks.Surplus != 0 {
		t.Errorf("the account is %+v, want nothing lost and nothing twice", status.Ticks)
	}
	w.Call(http.MethodPut, "/monitoring/j0/stop", "")
	w.Pass(2 * time.Second)
	beat(t, w, "after the stop")
	expect(t, w, "a stopped job", 1, 4)
	if got := w.Published("j1"); got != 5 {
		t.Errorf("the other job has %d samples, want 5", got)
	}
}

// What the metronome missed the account of each job says.
func TestMissedBeats(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	w.Pass(2 * time.Second)
	beat(t, w, "b0")
	w.Pass(8 * time.Second)
	beat(t, w, "b1")
	if got := w.Status("j5").Ticks; got.Lost != 3 {
		t.Errorf("%d ticks lost, want 3: %+v", got.Lost, got)
	}
}

// A batch that nobody signed is refused, and takes no sample.
func TestForgedBatch(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	body := fmt.Sprintf(`{"instant":%d,"sent":%d,"due":[{"app_id":"j0","life":0}]}`, w.Now().UnixMilli(), w.Now().UnixMilli())
	for _, signature := range []string{"", "00", fmt.Sprintf("%064d", 0)} {
		got := w.Call(http.MethodPost, "/ticks", body, "Content-Type", "application/json", "Kubejobs-Signature", signature)
		if got.Status != http.StatusUnauthorized {
			t.Errorf("signature %q: %d %s, want 401", signature, got.Status, got.Body)
		}
	}
	expect(t, w, "a forged batch", 1, 0)
}

// A schedule that is left over is removed by its own tick, one that is missing is made by
// the sweep.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	state := w.State.Client()
	key := "monitor:{metronome}:every:2"
	if got := state.ZCard(t.Context(), key).Val(); got != jobs {
		t.Fatalf("%d entries, want %d", got, jobs)
	}
	state.Del(t.Context(), key)
	if got := w.Call(http.MethodPost, "/sweep", ""); got.Status != http.StatusOK {
		t.Fatalf("sweep: %d %s", got.Status, got.Body)
	}
	if got := state.ZCard(t.Context(), key).Val(); got != jobs {
		t.Errorf("%d entries after the sweep, want %d", got, jobs)
	}
	entries := state.ZRange(t.Context(), key, 0, 0).Val()
	w.Call(http.MethodPut, "/monitoring/j0/stop", "")
	state.ZAddArgs(t.Context(), key, zadd(entries[0]))
	w.Pass(2 * time.Second)
	beat(t, w, "b")
	if got := state.ZCard(t.Context(), key).Val(); got != jobs-1 {
		t.Errorf("%d entries after the tick of the stopped job, want %d", got, jobs-1)
	}
}
