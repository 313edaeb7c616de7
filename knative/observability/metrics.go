package observability

import "strings"

// Kind is the type of a metric, in Prometheus' words.
type Kind string

// The kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Origin is what an instance must have done before it exports a metric.
type Origin string

const (
	// ByTick means that the instance has handled ticks of a living job.
	ByTick Origin = "tick"
	// ByControl means that the instance has handled ticks of a job that is known to ask
	// for a number of replicas.
	ByControl Origin = "control"
	// BySweep means that the instance has run a sweep.
	BySweep Origin = "sweep"
	// ByPublisher means that the instance has a publisher.
	ByPublisher Origin = "publisher"
	// ByHTTP means that the instance has called Kubernetes or another HTTP server.
	ByHTTP Origin = "http"
)

// Metric is a metric that the program exports.
type Metric struct {
	Name   string
	Kind   Kind
	Labels []string // those that rules and dashboards may use
	Origin Origin
}

// Metrics returns the metrics that rules and dashboards may use. Tests compare both
// them and the program with this list.
func Metrics() []Metric {
	return []Metric{
		{"kubejobs_ticks_total", Counter, []string{"outcome"}, ByTick},
		{"kubejobs_ticks_lost_total", Counter, nil, ByTick},
		{"kubejobs_tick_lateness_seconds", Histogram, nil, ByTick},
		{"kubejobs_tick_duration_seconds", Histogram, []string{"outcome"}, ByTick},
		{"kubejobs_step_duration_seconds", Histogram, []string{"step", "result"}, ByTick},
		{"kubejobs_jobs", Gauge, nil, ByTick},
		{"kubejobs_jobs_unlisted", Gauge, nil, ByTick},
		{"kubejobs_job_progress", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_time_progress", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_error", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_replicas", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_deadline_timestamp_seconds", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_expected_finish_timestamp_seconds", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_no_progress_seconds", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_finish_timestamp_seconds", Gauge, []string{"job_id", "quantile"}, ByTick},
		{"kubejobs_job_miss_probability", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_replicas_needed", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_replicas_asked", Gauge, []string{"job_id"}, ByControl},
		{"kubejobs_job_best_probability", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_deadline_out_of_reach", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_at_risk", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_job_stalled", Gauge, []string{"job_id"}, ByTick},
		{"kubejobs_redis_calls_total", Counter, []string{"client", "result"}, ByTick},
		{"kubejobs_redis_call_duration_seconds", Histogram, []string{"client"}, ByTick},
		{"kubejobs_sweeps_total", Counter, []string{"result"}, BySweep},
		{"kubejobs_sweep_actions_total", Counter, []string{"action"}, BySweep},
		{"kubejobs_sweep_jobs", Gauge, nil, BySweep},
		{"kubejobs_sweep_schedules", Gauge, nil, BySweep},
		{"kubejobs_sweep_last_timestamp_seconds", Gauge, nil, BySweep},
		{"kubejobs_publisher_deliveries_total", Counter, []string{"publisher", "outcome"}, ByPublisher},
		{"kubejobs_publisher_circuit_open", Gauge, []string{"publisher"}, ByPublisher},
		{"kubejobs_publisher_queued", Gauge, []string{"publisher"}, ByPublisher},
		{"http_client_request_duration_seconds", Histogram, []string{"server_address"}, ByHTTP},
	}
}

// Series returns the metric that the series with this name belongs to.
func Series(name string) (Metric, bool) {
	for _, m := range Metrics() {
		rest, ok := strings.CutPrefix(name, m.Name)
		switch {
		case !ok:
		case m.Kind == Histogram && (rest == "_bucket" || rest == "_sum" || rest == "_count"),
			m.Kind != Histogram && rest == "":
			return m, true
		}
	}
	return Metric{}, false
}
