package otlp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracesv1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"kubejobs/shared/platform/telemetry/otlp"
)

// received returns the bodies that export sends, each decoded by decode.
func received[M proto.Message](t *testing.T, into func() M, export ...func(context.Context) error) []M {
	t.Helper()
	var all []M
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request := into()
		if err := proto.Unmarshal(body, request); err != nil {
			t.Error(err)
		}
		all = append(all, request)
	}))
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	for _, one := range export {
		if err := one(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func report(t *testing.T) func(error) {
	t.Helper()
	return func(err error) { t.Errorf("reported: %v", err) }
}

var (
	start = time.Date(2026, 11, 24, 5, 41, 7, 123456789, time.UTC)
	about = resource.NewWithAttributes("https://opentelemetry.io/schemas/1.43.0",
		attribute.String("service.name", "tick"), attribute.Int("pid", -1))
	scope = instrumentation.Scope{
		Name: "kubejobs", Version: "1", SchemaURL: "https://schema",
		Attributes: attribute.NewSet(attribute.Bool("b", false)),
	}
	values = []attribute.KeyValue{
		attribute.String("text", "ü"), attribute.String("empty", ""), attribute.Bool("no", false), attribute.Bool("yes", true),
		attribute.Int("zero", 0), attribute.Int64("negative", -1<<62), attribute.Float64("half", 0.5), attribute.Float64("none", 0),
		attribute.StringSlice("texts", []string{"", "a"}), attribute.BoolSlice("flags", []bool{true, false}),
		attribute.Int64Slice("numbers", []int64{0, -1}), attribute.Float64Slice("fractions", []float64{0, 1.5}),
		attribute.StringSlice("no texts", []string{}),
		{Key: "nothing"},
	}
)

// spans are two of one scope and one of another, with all that a span may have.
func spans(t *testing.T) []sdktrace.ReadOnlySpan {
	t.Helper()
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	own := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}, TraceFlags: trace.FlagsSampled, TraceState: state})
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{4}, Remote: true})
	other := scope
	other.Name = "other"
	return tracetest.SpanStubs{
		{
			Name: "POST /", SpanContext: own, Parent: parent, SpanKind: trace.SpanKindServer, StartTime: start, EndTime: start.Add(time.Second),
			Attributes: values, Status: sdktrace.Status{Code: codes.Error, Description: "broken"}, Resource: about, InstrumentationScope: scope,
			Events:            []sdktrace.Event{{Name: "e", Time: start, Attributes: values[:2], DroppedAttributeCount: 3}, {}},
			Links:             []sdktrace.Link{{SpanContext: parent, Attributes: values[:1], DroppedAttributeCount: 2}},
			DroppedAttributes: 1, DroppedEvents: 1 << 40, DroppedLinks: -1,
		},
		{Name: "load", SpanContext: own, SpanKind: trace.SpanKindClient, StartTime: start, EndTime: start, Status: sdktrace.Status{Code: codes.Ok}, Resource: about, InstrumentationScope: scope},
		{SpanKind: trace.SpanKindProducer, Resource: resource.Empty(), InstrumentationScope: other},
		{SpanKind: trace.SpanKindConsumer, Resource: about, InstrumentationScope: other},
		{SpanKind: trace.SpanKindInternal, Resource: about, InstrumentationScope: scope, StartTime: time.Unix(-5, 0)},
	}.Snapshots()
}

// Collectors receive what OpenTelemetry's own exporter sends.
func TestSpansAreOpenTelemetrys(t *testing.T) {
	all := spans(t)
	got := received(t, func() *collecttraces.ExportTraceServiceRequest { return &collecttraces.ExportTraceServiceRequest{} },
		func(ctx context.Context) error {
			theirs, err := otlptracehttp.New(ctx)
			if err != nil {
				return err
			}
			return theirs.ExportSpans(ctx, all)
		},
		func(ctx context.Context) error {
			ours, err := otlp.NewSpans(report(t))
			if err != nil {
				return err
			}
			return ours.ExportSpans(ctx, all)
		})
	if len(got) != 2 {
		t.Fatalf("%d requests, want 2", len(got))
	}
	if diff := cmp.Diff(got[0], got[1], protocmp.Transform(), protocmp.SortRepeated(byText)); diff != "" {
		t.Errorf("request (-OpenTelemetry's +ours):\n%s", diff)
	}
}

// byText orders the resources, whose order is open.
func byText(a, b *tracesv1.ResourceSpans) bool {
	return a.GetSchemaUrl() < b.GetSchemaUrl()
}

func metrics() *metricdata.ResourceMetrics {
	set := attribute.NewSet(values...)
	exemplars := []metricdata.Exemplar[float64]{{FilteredAttributes: values[:1], Time: start, Value: 0.25, SpanID: []byte{1}, TraceID: []byte{2}}}
	histogram := []metricdata.HistogramDataPoint[float64]{
		{Attributes: set, StartTime: start, Time: start.Add(1), Count: 3, Bounds: []float64{0, 1}, BucketCounts: []uint64{0, 1, 2}, Sum: 7.5, Min: metricdata.NewExtrema(0.0), Max: metricdata.NewExtrema(6.0), Exemplars: exemplars},
		{},
	}
	exponential := []metricdata.ExponentialHistogramDataPoint[int64]{{
		Attributes: set, StartTime: start, Time: start.Add(1), Count: 3, Sum: 4, Scale: -2, ZeroCount: 1, ZeroThreshold: 0.1,
		PositiveBucket: metricdata.ExponentialBucket{Offset: -3, Counts: []uint64{1, 0, 300}}, Min: metricdata.NewExtrema[int64](-1),
		Exemplars: []metricdata.Exemplar[int64]{{Value: -3}},
	}}
	all := []metricdata.Metrics{
		{Name: "a", Description: "d", Unit: "s", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Attributes: set, Time: start, Value: -3}, {}}}},
		{Name: "b", Data: metricdata.Gauge[float64]{DataPoints: []metricdata.DataPoint[float64]{{StartTime: start, Value: 1.5, Exemplars: exemplars}, {}}}},
		{Name: "c", Data: metricdata.Sum[int64]{IsMonotonic: true, Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.DataPoint[int64]{{Value: 3}}}},
		{Name: "d", Data: metricdata.Sum[float64]{Temporality: metricdata.DeltaTemporality}},
		{Name: "e", Data: metricdata.Histogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: histogram}},
		{Name: "f", Data: metricdata.Histogram[int64]{Temporality: metricdata.DeltaTemporality}},
		{Name: "g", Data: metricdata.ExponentialHistogram[int64]{Temporality: metricdata.DeltaTemporality, DataPoints: exponential}},
		{Name: "h", Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}},
	}
	return &metricdata.ResourceMetrics{Resource: about, ScopeMetrics: []metricdata.ScopeMetrics{{Scope: scope, Metrics: all}, {}}}
}

func TestMetricsAreOpenTelemetrys(t *testing.T) {
	got := received(t, func() *collectmetrics.ExportMetricsServiceRequest {
		return &collectmetrics.ExportMetricsServiceRequest{}
	},
		func(ctx context.Context) error {
			theirs, err := otlpmetrichttp.New(ctx)
			if err != nil {
				return err
			}
			return theirs.Export(ctx, metrics())
		},
		func(ctx context.Context) error {
			ours, err := otlp.NewMetrics(report(t))
			if err != nil {
				return err
			}
			return ours.Export(ctx, metrics())
		})
	if len(got) != 2 {
		t.Fatalf("%d requests, want 2", len(got))
	}
	if diff := cmp.Diff(got[0], got[1], protocmp.Transform()); diff != "" {
		t.Errorf("request (-OpenTelemetry's +ours):\n%s", diff)
	}
}

// A text that is no UTF-8 costs its bytes only, not the whole request.
func TestTextsAreUTF8(t *testing.T) {
	got := received(t, func() *collecttraces.ExportTraceServiceRequest { return &collecttraces.ExportTraceServiceRequest{} },
		func(ctx context.Context) error {
			ours, err := otlp.NewSpans(report(t))
			if err != nil {
				return err
			}
			return ours.ExportSpans(ctx, tracetest.SpanStubs{{Name: "a\xff", Attributes: []attribute.KeyValue{attribute.String("k", "\xff")}}}.Snapshots())
		})
	if len(got) != 1 || got[0].GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetName() != "a\uFFFD" {
		t.Errorf("requests %v, want one with the span a\uFFFD", got)
	}
}
