package telemetry

import (
	"time"

	"go.opentelemetry.io/otel/metric"

	"kubejobs/shared/core/job"
)

// outlookGauges are the gauges of what a job's course says about its end. They are
// absent while there is not enough data.
type outlookGauges struct {
	expected, finish  metric.Float64ObservableGauge
	miss, best        metric.Float64ObservableGauge
	needed, asked     metric.Int64ObservableGauge
	outOfReach, quiet metric.Float64ObservableGauge
}

func (m *maker) outlookGauges() outlookGauges {
	return outlookGauges{
		expected: m.observedSeconds("kubejobs.job.expected.finish.timestamp",
			"When the job will be done with a probability of 0.5; absent while unknown."),
		finish: m.observedSeconds("kubejobs.job.finish.timestamp",
			"When the job will be done with the probability that the label quantile says."),
		miss: m.share("kubejobs.job.miss.probability", "Probability of missing the deadline, 0 to 1."),
		best: m.share("kubejobs.job.best.probability",
			"Highest probability of meeting the deadline that a number of replicas reaches, or that the needed ones reach."),
		needed: m.observed("kubejobs.job.replicas.needed",
			"Least number of replicas that meets the deadline with the confidence; absent if no number does."),
		asked: m.observed("kubejobs.job.replicas.asked", "Replicas that the job asks for; absent while unknown."),
		outOfReach: m.share("kubejobs.job.deadline.out.of.reach",
			"1 for a job that no number of replicas lets meet its deadline with the confidence."),
		quiet: m.observedSeconds("kubejobs.job.no.progress", "Seconds since the job advanced last, as of its latest sample."),
	}
}

func (g *outlookGauges) observables() []metric.Observable {
	return []metric.Observable{g.expected, g.finish, g.miss, g.best, g.needed, g.asked, g.outOfReach, g.quiet}
}

// look observes the gauges of a job.
func (g *outlookGauges) look(o metric.Observer, id job.ID, f figures) {
	if f.prospect == nil {
		return
	}
	look, job := f.prospect.Outlook(), labels(keyJob.With(string(id)))
	o.ObserveFloat64(g.quiet, f.quiet.Seconds(), job)
	if f.asked > 0 {
		o.ObserveInt64(g.asked, f.asked, job)
	}
	if !look.Known {
		return
	}
	for quantile, at := range map[string]time.Time{"0.1": look.P10, "0.5": look.P50, "0.9": look.P90} {
		if !at.IsZero() {
			o.ObserveFloat64(g.finish, seconds(at), labels(keyJob.With(string(id)), keyQuantile.With(quantile)))
		}
	}
	if !look.P50.IsZero() {
		o.ObserveFloat64(g.expected, seconds(look.P50), job)
	}
	o.ObserveFloat64(g.miss, look.Miss, job)
	o.ObserveFloat64(g.best, look.Need.Probability, job)
	if look.Need.Met {
		o.ObserveInt64(g.needed, look.Need.Replicas, job)
	}
	o.ObserveFloat64(g.outOfReach, float64(bit(!look.Need.Met)), job)
}
