package functions

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// Garbage is collected when the heap has heapSize bytes, but not before there is half as much
// of it as of objects that live. Go would let the heap grow to twice what lives: an instance
// with few Redises, 3 MB of whose objects live, would collect twice as often, and one with
// 1,000 Redises would keep 9 MB of garbage beside the 9 MB that live.
const (
	heapSize   = 12 << 20
	minPercent = 50
	maxPercent = 100 * heapSize / (4 << 20) // Go multiplies its smallest heap of 4 MB by GOGC, too
)

// paceCollector paces the garbage collector anew after each collection, until stop is called.
// It reports whether it does: not if GOGC is set. Before the first collection the heap is
// small, and the first tick is not to wait for it.
func paceCollector() (stop func(), paced bool) {
	if os.Getenv("GOGC") != "" {
		return func() {}, false
	}
	var stopped atomic.Bool
	afterCollection(&stopped)
	return func() { stopped.Store(true) }, true
}

// afterCollection paces the collector when the next collection is over, and again after each.
func afterCollection(stopped *atomic.Bool) {
	runtime.AddCleanup(new([64]byte), func(struct{}) {
		if !stopped.Load() {
			pace()
			afterCollection(stopped)
		}
	}, struct{}{})
}

// pace sets GOGC for what the last collection found. That stops the program for some
// microseconds, so a value that is nearly right stays.
func pace() {
	found := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/gc/gogc:percent"},
	}
	metrics.Read(found)
	live, roots := found[0].Value.Uint64(), found[1].Value.Uint64()+found[2].Value.Uint64()
	want, now := percent(live, roots), int(found[3].Value.Uint64()) //nolint:gosec // it is at most maxPercent, or Go's 100
	if 8*max(want-now, now-want) > want {
		debug.SetGCPercent(want)
	}
}

// percent returns the value of GOGC when so many bytes of objects live, and there are so many
// of stacks and globals. GOGC is the garbage that may pile up, in percent of both
// (https://go.dev/doc/gc-guide#GOGC).
func percent(live, roots uint64) int {
	if live >= heapSize {
		return minPercent
	}
	return int(min(max(100*(heapSize-live)/max(live+roots, 1), minPercent), maxPercent))
}
