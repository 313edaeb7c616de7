package monitor

import (
	"cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// Ranks of jobs by their state. Between two of them lies the probability of missing the
// deadline.
const (
	rankEnded = -1.0 // and less, so that any living job is more urgent
	rankWell  = 0.0
)

// ranks holds those of the states that need somebody.
var ranks = map[string]float64{
	string(forecast.StatusAtRisk):     2,
	string(forecast.StatusUnobserved): 3,
	string(forecast.StatusStalled):    4,
	string(PhaseUnreadable):           6,
}

// endedRanks holds those of ended jobs.
var endedRanks = map[job.Phase]float64{
	job.PhaseFailed: .75, job.PhaseStopped: .25,
}

// state returns what a job is to a reader: the health of one that runs unless it is well,
// else the phase.
func (s Status) state() string {
	if s.Phase == job.PhaseRunning && s.Health != forecast.StatusOK {
		return string(s.Health)
	}
	return string(s.Phase)
}

// urgency returns how soon somebody should look at a job: from 0 to 7 for a living one,
// below 0 for one that has ended. A job that will surely miss its deadline is more urgent
// than one that may, within its state.
func (s Status) urgency() float64 {
	if s.Phase != PhaseUnreadable && !s.Phase.Living() {
		rank := endedRanks[s.Phase]
		if s.Verdict != nil && !s.DeadlineMet {
			rank = max(rank, .5)
		}
		return rankEnded + rank
	}
	rank := rankWell + ranks[s.state()]
	switch f := s.Forecast; {
	case f != nil && f.Miss != nil:
		rank += *f.Miss
	case s.Progress != nil && s.Progress.Time >= 1:
		rank++
	case s.Progress != nil && s.Progress.Error < 0: // nothing is known but that it is behind
		rank += min(-s.Progress.Error, 1) / 2
	}
	return rank
}

// byUrgency compares two jobs: the more urgent one is first, then the one with the earlier
// deadline or, of ended jobs, the later end.
func byUrgency(a, b *Status) int {
	order := cmp.Compare(b.Urgency, a.Urgency)
	if order == 0 && a.EndedAt != nil && b.EndedAt != nil {
		order = b.EndedAt.Compare(*a.EndedAt)
	}
	return cmp.Or(order, a.Deadline.Compare(b.Deadline), cmp.Compare(a.ID, b.ID))
}
