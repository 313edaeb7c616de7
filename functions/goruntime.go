package functions

import (
	"log/slog"
	"os"
	"runtime"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// TuneRuntime sets what Go would choose for a larger program, unless GOMEMLIMIT, GOMAXPROCS or
// GOGC say otherwise. A main calls it once. Only tests need stop, which ends what goes on.
//
//   - The limit of memory is 90 % of the container's, so that garbage is collected before the
//     kernel ends the process.
//   - There is one processor, as Knative adds instances when there is more to do. With two, a
//     tick costs a sixth to a third more processor time, which goes into waking threads
//     (tests/PERFORMANCE.md).
//   - Garbage is collected less often while little lives, and more often when much does.
func TuneRuntime(log *slog.Logger) (stop func()) {
	limitMemory(log, memlimit.FromCgroup)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	stop, _ = paceCollector()
	return stop
}

func limitMemory(log *slog.Logger, limit memlimit.Provider) {
	if _, err := memlimit.Set(memlimit.WithProvider(limit)); err != nil {
		log.Debug("the container's memory limit is not known", "error", err)
	}
}
