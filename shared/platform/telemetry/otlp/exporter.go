package otlp

import (
	"context"
	"fmt"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Spans exports spans.
type Spans struct{ sender *sender }

var _ sdktrace.SpanExporter = (*Spans)(nil)

// NewSpans returns an exporter of spans that the environment configures. It reports wrong
// variables, and connects when it has something to send.
func NewSpans(report func(error)) (*Spans, error) {
	sender, err := newSender("TRACES", report)
	if err != nil {
		return nil, err
	}
	return &Spans{sender}, nil
}

// ExportSpans implements sdktrace.SpanExporter.
func (s *Spans) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	if err := s.sender.send(ctx, encodeSpans(spans)); err != nil {
		return fmt.Errorf("traces export: %w", err)
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (s *Spans) Shutdown(context.Context) error {
	s.sender.client.CloseIdleConnections()
	return nil
}

// Metrics exports metrics.
type Metrics struct {
	sender      *sender
	temporality sdkmetric.TemporalitySelector
	aggregation sdkmetric.AggregationSelector
}

var _ sdkmetric.Exporter = (*Metrics)(nil)

// NewMetrics is NewSpans for metrics.
func NewMetrics(report func(error)) (*Metrics, error) {
	sender, err := newSender("METRICS", report)
	if err != nil {
		return nil, err
	}
	return &Metrics{sender, temporalityPreference(report), histogramPreference(report)}, nil
}

// Temporality implements sdkmetric.Exporter.
func (m *Metrics) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return m.temporality(kind)
}

// Aggregation implements sdkmetric.Exporter.
func (m *Metrics) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return m.aggregation(kind)
}

// Export implements sdkmetric.Exporter.
func (m *Metrics) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	if err := m.sender.send(ctx, encodeMetrics(metrics)); err != nil {
		return fmt.Errorf("metrics export: %w", err)
	}
	return nil
}

// ForceFlush implements sdkmetric.Exporter. Export holds nothing back.
func (m *Metrics) ForceFlush(ctx context.Context) error {
	return ctx.Err() //nolint:wrapcheck // it is the context's
}

// Shutdown implements sdkmetric.Exporter.
func (m *Metrics) Shutdown(context.Context) error {
	m.sender.client.CloseIdleConnections()
	return nil
}

// temporalityPreference says whether sums are since the start or since the last export.
func temporalityPreference(report func(error)) sdkmetric.TemporalitySelector {
	const name = "METRICS_TEMPORALITY_PREFERENCE"
	switch text := variable(name); strings.ToLower(text) {
	case "", "cumulative":
	case "delta":
		return sdkmetric.DeltaTemporalitySelector
	case "lowmemory":
		return sdkmetric.LowMemoryTemporalitySelector
	default:
		report(fmt.Errorf("%s%s is set to an invalid value, ignoring: value=%s", prefix, name, text))
	}
	return sdkmetric.CumulativeTemporalitySelector
}

// histogramPreference says what buckets histograms have.
func histogramPreference(report func(error)) sdkmetric.AggregationSelector {
	const name = "METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
	switch text := variable(name); strings.ToLower(text) {
	case "", "explicit_bucket_histogram":
	case "base2_exponential_bucket_histogram":
		return func(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
			if kind == sdkmetric.InstrumentKindHistogram {
				return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
			}
			return sdkmetric.DefaultAggregationSelector(kind)
		}
	default:
		report(fmt.Errorf("%s%s is set to an invalid value, ignoring: value=%s", prefix, name, text))
	}
	return sdkmetric.DefaultAggregationSelector
}
