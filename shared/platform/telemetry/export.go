package telemetry

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"knative.dev/pkg/changeset"

	"kubejobs/shared/platform/telemetry/promtext"
)

// openSignals creates the providers of the signals that are on.
func (t *Telemetry) openSignals(ctx context.Context, o Options) error {
	t.tracing = o.Traces || len(o.Processors) > 0
	t.metering = o.Push || o.Serve || len(o.Readers) > 0
	if t.off() {
		return nil
	}
	about, err := newResource(ctx, o.Service)
	if err != nil {
		return err
	}
	if t.tracing {
		if err := t.openTraces(o, about); err != nil {
			return err
		}
	}
	if !t.metering {
		return nil
	}
	return t.openMetrics(o, about)
}

// openTraces creates a provider that batches spans in a bounded queue of
// OTEL_BSP_MAX_QUEUE_SIZE, which drops what does not fit. OTEL_TRACES_SAMPLER
// selects the sampler.
func (t *Telemetry) openTraces(o Options, about *resource.Resource) error {
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	for _, processor := range o.Processors {
		options = append(options, sdktrace.WithSpanProcessor(processor))
	}
	if o.Traces {
		spans, err := newSpanExporter()
		if err != nil {
			return fmt.Errorf("OTEL_TRACES_EXPORTER: %w", err)
		}
		options = append(options, sdktrace.WithBatcher(spans))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.traces = provider
	t.shutdowns = append(t.shutdowns, provider.Shutdown)
	return nil
}

// openMetrics creates a provider with one reader for each way of reading metrics.
func (t *Telemetry) openMetrics(o Options, about *resource.Resource) error {
	options := []sdkmetric.Option{
		sdkmetric.WithResource(about), sdkmetric.WithView(noSizes()),
		sdkmetric.WithCardinalityLimit(max(2*o.Jobs, 2000)),
	}
	if !t.tracing { // there is no span for an exemplar to name
		options = append(options, sdkmetric.WithExemplarFilter(exemplar.AlwaysOffFilter))
	}
	for _, reader := range o.Readers {
		options = append(options, sdkmetric.WithReader(reader))
	}
	if o.Push {
		pushed, err := newMetricExporter()
		if err != nil {
			return fmt.Errorf("OTEL_METRICS_EXPORTER: %w", err)
		}
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(pushed)))
	}
	if o.Serve {
		handler, reader := promtext.New()
		options = append(options, sdkmetric.WithReader(reader))
		t.handler = handler
	}
	provider := sdkmetric.NewMeterProvider(options...)
	t.meters = provider
	t.shutdowns = append(t.shutdowns, provider.Shutdown)
	return nil
}

// noSizes drops the sizes of bodies, which otelhttp measures as well as the time.
func noSizes() sdkmetric.View {
	return sdkmetric.NewView(
		sdkmetric.Instrument{Name: "http.client.request.body.size"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}},
	)
}

// newResource describes the sender: the Knative Service, and a unique id of the
// instance. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
func newResource(ctx context.Context, service string) (*resource.Resource, error) {
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceName(service), semconv.ServiceVersion(changeset.Get()),
			semconv.ServiceInstanceID(uuid.NewString()),
		),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return about, nil
}
