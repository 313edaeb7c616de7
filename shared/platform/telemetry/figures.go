package telemetry

import (
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/monitor"
)

// figures are the values of a job's gauges.
type figures struct {
	sampled                        bool // the job has a sample, so the next four are known
	progress, timeProgress, behind float64
	replicas                       int64

	deadline        time.Time
	finish          time.Time // zero while unknown
	atRisk, stalled bool
}

// newFigures returns a job's figures after a commit.
func newFigures(n *monitor.Notice) figures {
	health := n.State.Health.Now()
	f := figures{
		deadline: n.Spec.Deadline(), atRisk: health == forecast.StatusAtRisk, stalled: health == forecast.StatusStalled,
	}
	first, last := n.State.Summary.First, n.State.Summary.Last
	if first != nil && last != nil {
		f.sampled = true
		f.progress, f.timeProgress, f.behind, f.replicas = last.Job, last.Time, last.Error, last.Replicas
		f.finish = forecast.Estimate(n.Spec.Items, *first, *last).Finish
	}
	return f
}
