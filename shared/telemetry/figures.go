package telemetry

import (
	"time"

	"kubejobs/shared/forecast"
	"kubejobs/shared/monitor"
)

// figures is what the gauges of a job say.
type figures struct {
	sampled                        bool // the next four are known
	progress, timeProgress, behind float64
	replicas                       int64

	deadline        time.Time
	finish          time.Time // zero while unknown
	atRisk, stalled bool
}

// newFigures is a job's after a commit.
func newFigures(items int64, deadline time.Time, state monitor.State) figures {
	f := figures{deadline: deadline}
	first, last := state.Summary.First, state.Summary.Last
	if first != nil && last != nil {
		f.sampled = true
		f.progress, f.timeProgress, f.behind, f.replicas = last.Job, last.Time, last.Error, last.Replicas
		f.finish = forecast.Estimate(items, *first, *last).Finish
	}
	f.atRisk, f.stalled = health(f)
	return f
}

// health is how a job does: at risk if the expected finish is after the
// deadline. A stalled job is not told from others yet.
func health(f figures) (atRisk, stalled bool) {
	return f.finish.After(f.deadline), false
}
