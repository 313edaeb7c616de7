// Package telemetry answers what this instance does, by OpenTelemetry: metrics,
// pushed or served as Prometheus text, and the spans of each request.
//
// Where signals go the standard OTEL_* variables say, by contrib's autoexport.
// Of Knative's observability packages it takes attributekey, and service.version
// as its changeset tells it. The resource is made here: Knative's panics without
// SYSTEM_NAMESPACE, and on a conflict of its semantic conventions with the SDK's.
//
// Nothing here may fail or delay a tick: spans and metrics go through bounded
// queues in memory, and what the queues cannot take is dropped.
package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// scope is the name that instruments and spans are made under.
const scope = "kubejobs"

// Options are which signals there are.
type Options struct {
	Traces  bool   // export spans as the OTEL_* variables say
	Push    bool   // export metrics as the OTEL_* variables say
	Serve   bool   // serve metrics
	Jobs    int    // that have gauges of their own, at most; 0 is none
	Service string // what this is called where OTEL_SERVICE_NAME says nothing
	Now     func() time.Time

	// Further readers of metrics and processors of spans.
	Readers    []sdkmetric.Reader
	Processors []sdktrace.SpanProcessor
}

// Telemetry makes what measures the ports, the requests and the calls. What it
// gives for a signal that is off is what it was given.
type Telemetry struct {
	tracing, metering bool

	traces     trace.TracerProvider
	meters     metric.MeterProvider
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	handler    http.Handler // nil: metrics are not served
	shutdowns  []func(context.Context) error

	instruments
	table *jobTable
	now   func() time.Time
}

// Open makes the exporters. None of them connects before it has something to
// send.
func Open(ctx context.Context, o Options) (*Telemetry, error) {
	t := &Telemetry{
		traces: tracenoop.NewTracerProvider(), meters: metricnoop.NewMeterProvider(),
		propagator: propagation.TraceContext{}, table: newJobTable(o.Jobs), now: o.Now,
	}
	if t.now == nil {
		t.now = time.Now
	}
	if err := t.openSignals(ctx, o); err != nil {
		return nil, fmt.Errorf("open telemetry: %w", err)
	}
	t.tracer = t.traces.Tracer(scope)
	m := maker{meter: t.meters.Meter(scope)}
	t.instruments = newInstruments(&m)
	m.observeJobs(t.table, t.now)
	if m.err != nil {
		return nil, fmt.Errorf("open telemetry: %w", m.err)
	}
	t.ticksLost.Add(ctx, 0) // so that the first ones are seen as a rise
	for outcome := range t.ticks.by {
		t.ticks.Add(ctx, 0, t.ticks.by[outcome]...)
	}
	return t, nil
}

// off tells that there is no signal at all.
func (t *Telemetry) off() bool { return !t.tracing && !t.metering }

// Served is the handler of /metrics, nil if metrics are not served.
func (t *Telemetry) Served() http.Handler { return t.handler }

// Close sends what is left, and returns when that is done or ctx ends. What
// cannot be sent is reported as it was before, to the SDK's error handler.
func (t *Telemetry) Close(ctx context.Context) {
	if t == nil {
		return
	}
	errs := make(chan error, len(t.shutdowns))
	for _, shutdown := range t.shutdowns {
		go func() { errs <- shutdown(ctx) }()
	}
	for range t.shutdowns {
		select {
		case err := <-errs:
			report(err)
		case <-ctx.Done():
			report(ctx.Err())
			return
		}
	}
}

func report(err error) {
	if err != nil {
		otel.Handle(fmt.Errorf("send the last telemetry: %w", err))
	}
}
