package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// jobGauges are the gauges that are read from the table of jobs.
type jobGauges struct {
	progress, timeProgress, behind metric.Float64ObservableGauge
	replicas, atRisk, stalled      metric.Int64ObservableGauge
	deadline                       metric.Float64ObservableGauge
	listed, unlisted               metric.Int64ObservableGauge
	outlookGauges
}

// observeJobs creates the gauges of the jobs in table.
func (m *maker) observeJobs(table *jobTable, now func() time.Time) {
	g := jobGauges{
		progress:     m.share("kubejobs.job.progress", "Completed share of the items, 0 to 1."),
		timeProgress: m.share("kubejobs.job.time.progress", "Elapsed share of the time, 0 to 1."),
		behind: m.share("kubejobs.job.error",
			"Completed share of the items minus the elapsed share of the time: negative means late."),
		replicas: m.observed("kubejobs.job.replicas", "Running pods of the job."),
		deadline: m.observedSeconds("kubejobs.job.deadline.timestamp", "When the job should be done."),
		atRisk:   m.observed("kubejobs.job.at.risk", "1 for a job that will rather miss its deadline than meet it."),
		stalled:  m.observed("kubejobs.job.stalled", "1 for a job that has stopped advancing."),
		listed:   m.observed("kubejobs.jobs", "Jobs with gauges in this instance."),
		unlisted: m.observed("kubejobs.jobs.unlisted", "Jobs that this instance ticks beyond METRICS_JOBS."),

		outlookGauges: m.outlookGauges(),
	}
	_, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		jobs, unlisted := table.jobs(now())
		o.ObserveInt64(g.listed, int64(len(jobs)))
		o.ObserveInt64(g.unlisted, int64(unlisted))
		for id, figures := range jobs {
			g.observe(o, id, figures)
		}
		return nil
	}, append(g.observables(), g.progress, g.timeProgress, g.behind, g.replicas, g.deadline, g.atRisk, g.stalled, g.listed, g.unlisted)...)
	m.check(err)
}

func (g *jobGauges) observe(o metric.Observer, id job.ID, f figures) {
	job := labels(keyJob.With(string(id)))
	if f.sampled {
		o.ObserveFloat64(g.progress, f.progress, job)
		o.ObserveFloat64(g.timeProgress, f.timeProgress, job)
		o.ObserveFloat64(g.behind, f.behind, job)
		o.ObserveInt64(g.replicas, f.replicas, job)
	}
	o.ObserveFloat64(g.deadline, seconds(f.deadline), job)
	g.look(o, id, f)
	o.ObserveInt64(g.atRisk, bit(f.atRisk), job)
	o.ObserveInt64(g.stalled, bit(f.stalled), job)
}

// seconds returns a time in Unix seconds.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// bit returns 1 for true and 0 for false.
func bit(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
