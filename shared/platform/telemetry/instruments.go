package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"knative.dev/pkg/observability/attributekey"

	"kubejobs/shared/monitor"
)

// Keys of the attributes, which become Prometheus labels.
const (
	keyOutcome   = attributekey.String("outcome")
	keyResult    = attributekey.String("result")
	keyStep      = attributekey.String("step")
	keyAction    = attributekey.String("action")
	keyPublisher = attributekey.String("publisher")
	keyClient    = attributekey.String("client")
	keyJob       = attributekey.String("job_id")
	keyQuantile  = attributekey.String("quantile")
	keyReason    = attributekey.String("reason")
)

// Results.
const (
	resultOK    = "ok"
	resultDone  = "done"
	resultError = "error"
)

// instruments are created once. Their names follow OpenTelemetry; Prometheus
// shows kubejobs.tick.duration with the unit s as kubejobs_tick_duration_seconds.
type instruments struct {
	ticks        counters[monitor.Outcome]
	ticksLost    metric.Int64Counter
	ticksUnsent  metric.Int64Counter
	tickLateness metric.Float64Histogram
	tickDuration timers[monitor.Outcome]

	steps map[string]stepTimers

	sweeps         counters[string]
	sweepActions   counters[string]
	sweepJobs      metric.Int64Gauge
	sweepSchedules metric.Int64Gauge
	sweepLast      metric.Float64Gauge

	deliveries metric.Int64Counter

	redisCalls    metric.Int64Counter
	redisDuration metric.Float64Histogram

	circuitOpen   metric.Int64ObservableGauge
	circuitQueued metric.Int64ObservableGauge
	meter         metric.Meter
}

func newInstruments(m *maker) instruments {
	outcomes := []monitor.Outcome{
		monitor.OutcomeSampled, monitor.OutcomeFailed, monitor.OutcomeDuplicate, monitor.OutcomeSurplus,
		monitor.OutcomeEnded, monitor.OutcomeUnknown, monitor.OutcomeUnreadable, resultError,
	}
	i := instruments{
		meter: m.meter,
		ticks: countersOf(m.counter("kubejobs.ticks", "Ticks by outcome."), keyOutcome, outcomes),
		ticksLost: m.counter("kubejobs.ticks.lost",
			"Ticks that were due and did not arrive, as the next tick of their job showed."),
		ticksUnsent:  m.counter("kubejobs.ticks.unsent", "Ticks of the local scheduler that no sink took, by reason."),
		tickLateness: m.seconds("kubejobs.tick.lateness", "From a tick's instant to its arrival."),
		tickDuration: timersOf(m.seconds("kubejobs.tick.duration", "Duration of a tick, by outcome."), keyOutcome, outcomes),
		sweeps: countersOf(m.counter("kubejobs.sweeps", "Sweeps by result."),
			keyResult, []string{resultDone, resultError}),
		sweepActions: countersOf(m.counter("kubejobs.sweep.actions", "What sweeps did."),
			keyAction, []string{"created", "replaced", "deleted", "recovered", "ended", "sent", "pushed", "suspected", "unreadable", "failed"}),
		sweepJobs:      m.gauge("kubejobs.sweep.jobs", "Living jobs that the last sweep saw."),
		sweepSchedules: m.gauge("kubejobs.sweep.schedules", "Schedules that the last sweep saw."),
		sweepLast:      m.moment("kubejobs.sweep.last.timestamp", "When the last sweep that read everything ended."),
		deliveries:     m.counter("kubejobs.publisher.deliveries", "Notices by publisher and outcome."),
		redisCalls:     m.counter("kubejobs.redis.calls", "Round trips to the state Redis and to jobs' Redises."),
		redisDuration:  m.seconds("kubejobs.redis.call.duration", "A round trip to Redis."),
		circuitOpen: m.observed("kubejobs.publisher.circuit.open",
			"Destinations of a publisher whose circuit breaker is open."),
		circuitQueued: m.observed("kubejobs.publisher.queued", "Notices that wait in memory for a publisher."),
	}
	step := m.seconds("kubejobs.step.duration", "One call of a port, by step and result.")
	i.steps = map[string]stepTimers{}
	for _, name := range stepNames() {
		i.steps[name] = newStepTimers(step, name)
	}
	return i
}

// counters is a counter with one attribute of which all values are known.
type counters[K ~string] struct {
	metric.Int64Counter
	by map[K][]metric.AddOption
}

func countersOf[K ~string](c metric.Int64Counter, key attributekey.String, values []K) counters[K] {
	by := map[K][]metric.AddOption{}
	for _, value := range values {
		by[value] = []metric.AddOption{labels(key.With(string(value)))}
	}
	return counters[K]{c, by}
}

// timers is a histogram with one attribute of which all values are known.
type timers[K ~string] struct {
	metric.Float64Histogram
	by map[K][]metric.RecordOption
}

func timersOf[K ~string](h metric.Float64Histogram, key attributekey.String, values []K) timers[K] {
	by := map[K][]metric.RecordOption{}
	for _, value := range values {
		by[value] = []metric.RecordOption{labels(key.With(string(value)))}
	}
	return timers[K]{h, by}
}

// labels returns an attribute set to be reused: making one takes longer than
// counting.
func labels(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}
