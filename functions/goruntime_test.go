package functions

import (
	"errors"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"kubejobs/shared/testkit/proctest"
)

func TestMemoryLimit(t *testing.T) {
	const before, container = 1 << 40, 100 << 20
	tests := map[string]struct {
		setting string // GOMEMLIMIT; "": not set
		limit   memlimit.Provider
		want    int64
	}{
		"a container":                   {"", memlimit.Limit(container), container / 10 * 9},
		"a container, GOMEMLIMIT stays": {"1TiB", memlimit.Limit(container), before},
		"unknown":                       {"", func() (uint64, error) { return 0, errors.New("no cgroup") }, before},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", tt.setting)
			if tt.setting == "" {
				_ = os.Unsetenv("GOMEMLIMIT") // t.Setenv restores it
			}
			original := debug.SetMemoryLimit(before)
			defer debug.SetMemoryLimit(original)
			limitMemory(slog.New(slog.DiscardHandler), tt.limit)
			if got := debug.SetMemoryLimit(-1); got != tt.want {
				t.Errorf("limit = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestTuneRuntime(t *testing.T) {
	t.Setenv("GOGC", "")
	processors, limit, percent := runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(processors)
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	})
	for setting, want := range map[string]int{"": 1, "3": 3} {
		t.Setenv("GOMAXPROCS", setting) // Go reads it when the process starts
		runtime.GOMAXPROCS(3)
		stop := TuneRuntime(slog.New(slog.DiscardHandler))
		t.Cleanup(stop)
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("GOMAXPROCS=%q: %d processors, want %d", setting, got, want)
		}
	}
	proctest.Until(t, "garbage to be collected as seldom as is right for few objects", func() bool {
		runtime.GC()
		_, goal := heapNow()
		return goal > heapSize*4/5
	})
}
