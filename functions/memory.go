package functions

import (
	"log/slog"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// LimitMemory sets Go's memory limit to 90 % of the container's, so that garbage is
// collected before the kernel ends the process. If GOMEMLIMIT is set, that stands. A
// main calls it once.
func LimitMemory(log *slog.Logger) { limitMemory(log, memlimit.FromCgroup) }

func limitMemory(log *slog.Logger, limit memlimit.Provider) {
	if _, err := memlimit.Set(memlimit.WithProvider(limit)); err != nil {
		log.Debug("the container's memory limit is not known", "error", err)
	}
}
