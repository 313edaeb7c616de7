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
	atRisk, stalled bool

	prospect *forecast.Prospect // nil before the first sample
	asked    int64              // replicas; 0 while unknown
	quiet    time.Duration      // since the job advanced last
}

// newFigures returns a job's figures after a commit.
func newFigures(n *monitor.Notice) figures {
	health := n.State.Health.Now()
	f := figures{
		deadline: n.Spec.Deadline(), atRisk: health == forecast.StatusAtRisk, stalled: health == forecast.StatusStalled,
	}
	if last := n.State.Summary.Last; last != nil {
		f.sampled = true
		f.progress, f.timeProgress, f.behind, f.replicas = last.Job, last.Time, last.Error, last.Replicas
	}
	if f.prospect = n.Prospect; f.prospect == nil {
		f.prospect = n.State.Prospect(n.Spec)
	}
	if f.prospect != nil {
		f.asked, f.quiet = n.State.Asked, n.State.Quiet(f.prospect.At())
	}
	return f
}
