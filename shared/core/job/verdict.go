package job

import "time"

// Verdict says how an ended job did against its deadline.
type Verdict struct {
	DeadlineMet bool    `json:"deadline_met"`
	Late        bool    `json:"late"`          // it ended after its deadline
	Spare       float64 `json:"spare_seconds"` // from the end to the deadline; negative if it ended late
}

// NewVerdict returns the verdict of a job that finished or failed; nil for any other
// job. A job that failed has not met its deadline, whenever it failed.
func NewVerdict(spec Spec, state State) *Verdict {
	if state.Phase != PhaseFinished && state.Phase != PhaseFailed {
		return nil
	}
	spare := spec.Deadline().Sub(time.UnixMilli(state.EndedAt))
	return &Verdict{
		DeadlineMet: state.Phase == PhaseFinished && spare >= 0,
		Late:        spare < 0,
		Spare:       spare.Seconds(),
	}
}
