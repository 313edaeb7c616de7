// Package metrics answers what this instance has done, as Prometheus text.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kubejobs/shared/monitor"
)

// failed is the outcome of a tick, and the result of a sweep, that ended in an
// error.
const failed = "error"

// Metrics is one registry, with the instruments in it.
type Metrics struct {
	handler              http.Handler
	ticks, sweeps, swept *prometheus.CounterVec
	jobs, schedules      prometheus.Gauge
}

// New is a registry of its own; nothing is global.
func New() *Metrics {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &Metrics{
		ticks:     counter("kubejobs_ticks_total", "Ticks by what became of them.", "outcome"),
		sweeps:    counter("kubejobs_sweeps_total", "Sweeps by their result.", "result"),
		swept:     counter("kubejobs_sweep_actions_total", "What sweeps did.", "action"),
		jobs:      gauge("kubejobs_sweep_jobs", "Living jobs that the last sweep saw."),
		schedules: gauge("kubejobs_sweep_schedules", "Schedules that the last sweep saw."),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.ticks, m.sweeps, m.swept, m.jobs, m.schedules)
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

// ServeHTTP serves the registry.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// Tick counts a tick by its outcome; err is the one that it ended in, or nil.
func (m *Metrics) Tick(outcome monitor.Outcome, err error) {
	if err != nil {
		outcome = failed
	}
	m.ticks.WithLabelValues(string(outcome)).Inc()
}

// Sweep counts a sweep, and what it did.
func (m *Metrics) Sweep(swept monitor.Swept, err error) {
	result := "done"
	if err != nil {
		result = failed
	} else {
		m.jobs.Set(float64(swept.Jobs))
		m.schedules.Set(float64(swept.Schedules))
	}
	m.sweeps.WithLabelValues(result).Inc()
	for action, count := range map[string]int{
		"created": swept.Created, "replaced": swept.Replaced, "deleted": swept.Deleted,
		"ended": swept.Ended, "failed": swept.Failed,
	} {
		m.swept.WithLabelValues(action).Add(float64(count))
	}
}
