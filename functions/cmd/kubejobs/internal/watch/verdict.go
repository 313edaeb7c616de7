package watch

import (
	"fmt"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Verdict returns how an ended job did against its deadline, and the exit status that says
// so; exit.OK if it met it.
func Verdict(s monitor.Status) (string, exit.Status) {
	switch {
	case s.Phase == job.PhaseFinished && s.EndedAt != nil:
	case s.Reason == "":
		return screen.Printable(string(s.Phase)), exit.Lost
	default:
		return screen.Printable(fmt.Sprintf("%s: %s", s.Phase, s.Reason)), exit.Lost
	}
	spare := s.Deadline.Sub(*s.EndedAt).Seconds()
	met := spare >= 0
	if s.Verdict != nil { // missing in the answers of older servers
		spare, met = s.Spare, s.DeadlineMet
	}
	if met {
		return fmt.Sprintf("deadline met, %.1f s to spare", max(spare, 0)), exit.OK
	}
	return fmt.Sprintf("%.1f s late", max(-spare, 0.1)), exit.Late
}
