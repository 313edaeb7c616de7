package bench_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/bench/rig"
)

// Bounds of a warm tick: the job is loaded, its queue is read, then its sample is pushed
// and the tick is committed.
const (
	maxRoundTrips  = 4
	maxCommands    = 30     // with those that the scripts run
	maxScaling     = 8      // those that write the number of replicas, in another round trip
	maxAllocations = 194    // with those of the request and its answer
	maxBytes       = 22_600 // allocated
	maxGoroutines  = 0.1    // started; those that push samples are kept
)

// A warm tick has no more round trips and commands than it had, and opens no connection:
// at most one to each Redis was opened for each tick that was under way at once.
func TestTickBounds(t *testing.T) {
	t.Parallel()
	const jobs = 16
	tests := map[string]struct {
		layout      string
		concurrent  int
		connections int // at most, from the start of the program on
		roundTrips  int
		commands    int
	}{
		"one Redis":               {rig.Shared, 1, 1 + 1, maxRoundTrips, maxCommands},
		"one Redis, 8 at once":    {rig.Shared, 8, 8 + 8, maxRoundTrips, maxCommands},
		"a Redis each":            {rig.Own, 1, jobs + 1, maxRoundTrips, maxCommands},
		"a Redis each, 8 at once": {rig.Own, 8, jobs + 8, maxRoundTrips, maxCommands},
		"controlled, 8 at once":   {rig.Controlled, 8, 8 + 8, maxRoundTrips + 1, maxCommands + maxScaling},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, jobs)
			cold := r.Counters()
			addr := serveHere(t, r).Listener.Addr().String()
			r.StartJobs(addr, tt.layout)
			r.Warm(addr, tt.layout, tt.concurrent)
			warm := r.Counters()
			load := rig.Load{Addr: addr, IDs: r.IDs(tt.layout), Concurrent: tt.concurrent, Ticks: 400, For: proctest.Patience}
			if sent := len(r.Send(load).Took); sent != load.Ticks {
				t.Fatalf("%d ticks within %v, want %d", sent, load.For, load.Ticks)
			}
			counted := r.Since(warm)
			if limit := tt.roundTrips * load.Ticks; counted.Reads > limit {
				t.Errorf("%d ticks have %d round trips, want at most %d", load.Ticks, counted.Reads, limit)
			}
			if limit := tt.commands * load.Ticks; counted.Commands > limit {
				t.Errorf("%d ticks have %d commands, want at most %d", load.Ticks, counted.Commands, limit)
			}
			if opened := r.Since(cold).Connections; opened > tt.connections {
				t.Errorf("%d connections were opened, of them %d by %d warm ticks, want at most %d",
					opened, counted.Connections, load.Ticks, tt.connections)
			}
		})
	}
}

// serveHere serves the program in this process.
func serveHere(t *testing.T, r *rig.Rig) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(openSettings(t, r.Settings("127.0.0.1:1"), functions.Options{}))
	t.Cleanup(server.Close)
	return server
}

// A tick allocates no more than it did, and starts no goroutine.
func TestTickAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates too")
	}
	const ticks = 1000
	r := rig.New(t, 1)
	server := serveHere(t, r)
	r.StartJobs(server.Listener.Addr().String(), rig.Shared)
	handler := server.Config.Handler
	id := r.IDs(rig.Shared)[0]
	var before, after runtime.MemStats
	var started uint64
	for i := range 2 * ticks {
		if i == ticks/2 {
			r.Work(rig.Shared)
		}
		if i == ticks { // it is warm
			runtime.ReadMemStats(&before)
			started = goroutines()
		}
		if code := tick(handler, id, i); code != http.StatusOK {
			t.Fatalf("tick %d: %d", i, code)
		}
	}
	runtime.ReadMemStats(&after)
	objects, bytes := (after.Mallocs-before.Mallocs)/ticks, (after.TotalAlloc-before.TotalAlloc)/ticks
	if objects > maxAllocations || bytes > maxBytes {
		t.Errorf("a tick allocates %d objects and %d bytes, want at most %d and %d", objects, bytes, maxAllocations, maxBytes)
	}
	if started = goroutines() - started; float64(started) > maxGoroutines*ticks {
		t.Errorf("%d ticks start %d goroutines, want at most %v each", ticks, started, maxGoroutines)
	}
}

// goroutines returns how many goroutines this process has started.
func goroutines() uint64 {
	created := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(created)
	return created[0].Value.Uint64()
}
