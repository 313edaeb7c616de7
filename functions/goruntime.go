package functions

import (
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// ballast counts as memory that lives, and takes none, as nobody writes to it: an instance
// has few objects that live and many that do not, so that it would collect garbage after each
// three megabytes. That would take a twelfth more processor time for a tick.
var ballast atomic.Pointer[[ballastSize]byte]

const ballastSize = 4 << 20

// TuneRuntime sets what Go would choose for a larger program, unless GOMEMLIMIT or GOMAXPROCS
// say otherwise. A main calls it once.
//
//   - The limit of memory is 90 % of the container's, so that garbage is collected before the
//     kernel ends the process.
//   - There is one processor, as Knative adds instances when there is more to do. With two, a
//     tick costs a sixth to a third more processor time, which goes into waking threads
//     (tests/PERFORMANCE.md).
//   - Garbage is collected half as often while there is little.
func TuneRuntime(log *slog.Logger) {
	limitMemory(log, memlimit.FromCgroup)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	// After the first collection: before that it would cause one, and delay the first tick.
	runtime.AddCleanup(new([64]byte), func(struct{}) { ballast.Store(new([ballastSize]byte)) }, struct{}{})
}

func limitMemory(log *slog.Logger, limit memlimit.Provider) {
	if _, err := memlimit.Set(memlimit.WithProvider(limit)); err != nil {
		log.Debug("the container's memory limit is not known", "error", err)
	}
}
