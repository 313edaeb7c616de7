package job

// Phase is a stage of a job's life.
type Phase string

const (
	// PhasePending is a job whose work has not been seen yet.
	PhasePending Phase = "pending"
	// PhaseRunning is a job whose work has been seen.
	PhaseRunning Phase = "running"
	// PhaseFinished is a job that completed; it has a report.
	PhaseFinished Phase = "finished"
	// PhaseFailed is a job that failed, or that could not be observed too many
	// times in a row; it has a report.
	PhaseFailed Phase = "failed"
	// PhaseStopped is a job whose monitoring a caller stopped.
	PhaseStopped Phase = "stopped"
)

// Valid reports whether the phase is one of those above.
func (p Phase) Valid() bool {
	switch p {
	case PhasePending, PhaseRunning, PhaseFinished, PhaseFailed, PhaseStopped:
		return true
	default:
		return false
	}
}

// Living reports whether a job in this phase receives ticks.
func (p Phase) Living() bool { return p == PhasePending || p == PhaseRunning }
