// Package telemetry measures this instance with OpenTelemetry: metrics, pushed or
// served as Prometheus text, and a span for each request. It wraps the ports of
// monitor.
//
// The standard OTEL_* variables select the destinations; the SDK and the exporters
// check them. Of Knative's observability packages it uses
// attributekey, and changeset for service.version. It creates the resource
// itself, because Knative's resource.Default panics without SYSTEM_NAMESPACE, and
// if its semantic conventions conflict with the SDK's.
//
// Nothing here may fail or delay a tick: spans and metrics go through bounded
// queues in memory, and what does not fit is dropped.
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

	"kubejobs/shared/core/failure"
)

// scope is the instrumentation scope of all instruments and spans.
const scope = "kubejobs"

// Options select the signals.
type Options struct {
	Traces  bool   // export spans, see the OTEL_* variables
	Push    bool   // export metrics, see the OTEL_* variables
	Serve   bool   // serve metrics
	Jobs    int    // maximum number of jobs with gauges
	Service string // service.name if OTEL_SERVICE_NAME is unset
	Now     func() time.Time

	// Additional readers of metrics and processors of spans.
	Readers    []sdkmetric.Reader
	Processors []sdktrace.SpanProcessor
}

// Telemetry wraps ports, requests and calls to measure them. If all signals are
// off, it returns what it was given.
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

// Open creates the exporters. None of them connects before it has something to
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
	if t.tracing {
		t.tracer = t.traces.Tracer(scope)
	}
	m := maker{meter: t.meters.Meter(scope)}
	t.instruments = newInstruments(&m)
	m.observeJobs(t.table, t.now)
	if m.err != nil {
		return nil, fmt.Errorf("open telemetry: %w", m.err)
	}
	t.ticksLost.Add(ctx, 0) // so that the first ones show as an increase
	for outcome := range t.ticks.by {
		t.ticks.Add(ctx, 0, t.ticks.by[outcome]...)
	}
	return t, nil
}

// off reports whether all signals are off.
func (t *Telemetry) off() bool { return !t.tracing && !t.metering }

// Served returns the handler of /metrics, nil if metrics are not served.
func (t *Telemetry) Served() http.Handler { return t.handler }

// Close sends what is left, and returns when that is done or ctx ends. It reports
// what cannot be sent to the SDK's error handler.
func (t *Telemetry) Close(ctx context.Context) {
	if t == nil {
		return
	}
	errs := make(chan error, len(t.shutdowns))
	for _, shutdown := range t.shutdowns {
		go func() { errs <- failure.Catch(func() error { return shutdown(ctx) }) }()
	}
	for range t.shutdowns {
		select {
		case err := <-errs:
			handleError(err)
		case <-ctx.Done():
			handleError(ctx.Err())
			return
		}
	}
}

func handleError(err error) {
	if err != nil {
		otel.Handle(fmt.Errorf("send the last telemetry: %w", err))
	}
}
