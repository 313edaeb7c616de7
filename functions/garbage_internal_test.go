package functions

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

func TestPercent(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	tests := map[string]struct {
		live, roots uint64
		want        int
	}{
		"nothing":                 {0, 0, 300},
		"few Redises":             {3 * mb, 1 * mb, 225},
		"the least garbage":       {8 * mb, 0, 50},
		"1,000 Redises":           {9 * mb, 1 * mb, 50},
		"more than the heap size": {79 * mb, 1 * mb, 50},
		"a gigabyte":              {1 << 30, 0, 50}, // a fixed size would collect all the time
		"the largest number":      {math.MaxUint64, 0, 50},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := percent(tt.live, tt.roots); got != tt.want {
				t.Errorf("percent(%d, %d) = %d, want %d", tt.live, tt.roots, got, tt.want)
			}
		})
	}
}

// The heap at which Go collects garbage follows what lives.
func TestPaceCollector(t *testing.T) {
	t.Setenv("GOGC", "")
	original := debug.SetGCPercent(100)
	var kept [][]byte
	stop, paced := paceCollector()
	t.Cleanup(func() {
		runtime.KeepAlive(kept)
		stop()
		debug.SetGCPercent(original)
	})
	if !paced {
		t.Fatal("the collector is not paced")
	}
	for _, megabytes := range []int{0, 32} {
		for range megabytes {
			kept = append(kept, make([]byte, 1<<20))
		}
		proctest.Until(t, fmt.Sprintf("garbage to be collected as is right for %d MB that are kept", megabytes), func() bool {
			runtime.GC()
			live, goal := heapNow()
			want := max(heapSize, live+live/2)
			return goal > want*4/5 && goal < want*5/4
		})
	}
}

// heapNow returns the bytes that live, and those at which garbage is collected.
func heapNow() (live, goal uint64) {
	found := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"}}
	metrics.Read(found)
	return found[0].Value.Uint64(), found[1].Value.Uint64()
}

// The user's setting stays.
func TestPaceCollectorLeavesGOGC(t *testing.T) {
	t.Setenv("GOGC", "150")
	if _, paced := paceCollector(); paced {
		t.Error("the collector is paced although GOGC is set")
	}
}
