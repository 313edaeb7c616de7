package telemetry

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// maker creates instruments and collects the errors.
type maker struct {
	meter metric.Meter
	err   error
}

func (m *maker) check(err error) { m.err = errors.Join(m.err, err) }

func (m *maker) counter(name, help string) metric.Int64Counter {
	made, err := m.meter.Int64Counter(name, metric.WithDescription(help))
	m.check(err)
	return made
}

// seconds creates a histogram from 0.1 ms to 10 s.
func (m *maker) seconds(name, help string) metric.Float64Histogram {
	made, err := m.meter.Float64Histogram(name, metric.WithDescription(help), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(
			0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	m.check(err)
	return made
}

func (m *maker) gauge(name, help string) metric.Int64Gauge {
	made, err := m.meter.Int64Gauge(name, metric.WithDescription(help))
	m.check(err)
	return made
}

// moment creates a gauge of a time in Unix seconds.
func (m *maker) moment(name, help string) metric.Float64Gauge {
	made, err := m.meter.Float64Gauge(name, metric.WithDescription(help), metric.WithUnit("s"))
	m.check(err)
	return made
}

func (m *maker) observed(name, help string) metric.Int64ObservableGauge {
	made, err := m.meter.Int64ObservableGauge(name, metric.WithDescription(help))
	m.check(err)
	return made
}

func (m *maker) share(name, help string) metric.Float64ObservableGauge {
	made, err := m.meter.Float64ObservableGauge(name, metric.WithDescription(help))
	m.check(err)
	return made
}

// observedSeconds creates a gauge in seconds.
func (m *maker) observedSeconds(name, help string) metric.Float64ObservableGauge {
	made, err := m.meter.Float64ObservableGauge(name, metric.WithDescription(help), metric.WithUnit("s"))
	m.check(err)
	return made
}
