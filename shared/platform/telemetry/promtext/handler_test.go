package promtext_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	prometheusclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"kubejobs/shared/platform/telemetry/promtext"
)

// pair has the same metrics twice: served by this package, and by Prometheus' client.
func pair(t *testing.T) (provider *sdkmetric.MeterProvider, ours, theirs http.Handler) {
	t.Helper()
	handler, reader := promtext.New()
	registry := prometheusclient.NewRegistry()
	other, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo(),
		prometheus.WithoutTargetInfo(), prometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		t.Fatal(err)
	}
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithReader(other)), handler,
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})
}

func get(t *testing.T, from http.Handler) (code int, kind, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "text/plain;version=0.0.4;q=1,*/*;q=0.1")
	from.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Content-Type"), w.Body.String()
}

// What is served is, byte by byte, what Prometheus' client serves.
func TestServesWhatPrometheusServes(t *testing.T) {
	t.Parallel()
	provider, ours, theirs := pair(t)
	ctx := t.Context()
	meter, second := provider.Meter("kubejobs"), provider.Meter("other")
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	with := func(attributes ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(attributes...))
	}
	counter, err := meter.Int64Counter("kubejobs.ticks", metric.WithDescription("Ticks \\ by\noutcome."))
	must(err)
	counter.Add(ctx, 3, with(attribute.String("outcome", "sampled")))
	counter.Add(ctx, 0, with(attribute.String("outcome", "a \"quoted\" \\ and\nbroken ü")))
	counter.Add(ctx, 1<<60)
	again, err := second.Int64Counter("kubejobs.ticks", metric.WithDescription("Ticks \\ by\noutcome."))
	must(err)
	again.Add(ctx, 2, with(attribute.String("outcome", "other")))
	balance, err := meter.Float64UpDownCounter("bytes.left", metric.WithUnit("By"))
	must(err)
	balance.Add(ctx, -0.5)
	for name, value := range map[string]float64{"a.big": 1e21, "b.inf": math.Inf(1), "c.less": math.Inf(-1), "d.small": 1e-7, "e.one": 1, "f.nan": math.NaN(), "g.time": 1795498867.123} {
		gauge, err := meter.Float64Gauge(name, metric.WithUnit("1"), metric.WithDescription(name))
		must(err)
		gauge.Record(ctx, value, with(attribute.Int("n", 7), attribute.Bool("b", true), attribute.String("server.address", "x"), attribute.Float64("f", 0.5)))
	}
	histogram, err := meter.Float64Histogram("kubejobs.tick.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(0.0001, 0.25, 1, 10))
	must(err)
	for _, outcome := range []string{"sampled", "failed", ""} {
		for _, value := range []float64{0, 0.00001, 0.3, 10, 11} {
			histogram.Record(ctx, value, with(attribute.String("outcome", outcome), attribute.String("z", "1")))
		}
	}
	whole, err := meter.Int64Histogram("sizes")
	must(err)
	whole.Record(ctx, 17)
	_, err = meter.Int64Counter("never.added")
	must(err)

	code, kind, text := get(t, ours)
	wantCode, wantKind, want := get(t, theirs)
	if code != wantCode || kind != wantKind {
		t.Errorf("answer %d %q, want %d %q", code, kind, wantCode, wantKind)
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("text (-Prometheus' +ours):\n%s", diff)
	}
}

// A label that is no UTF-8 costs its bytes only, not the whole answer.
func TestLabelsAreUTF8(t *testing.T) {
	t.Parallel()
	provider, ours, _ := pair(t)
	counter, err := provider.Meter("kubejobs").Int64Counter("ticks")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 1, metric.WithAttributes(attribute.String("a.b", "\xff"), attribute.String("a_b", "x")))
	const want = "# HELP ticks_total \n# TYPE ticks_total counter\nticks_total{a_b=\"\uFFFD;x\"} 1\n"
	if code, _, text := get(t, ours); code != http.StatusOK || text != want {
		t.Errorf("answer %d %q, want %q", code, text, want)
	}
}

func TestAProviderThatIsShutDown(t *testing.T) {
	t.Parallel()
	provider, ours, _ := pair(t)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, _, text := get(t, ours); code != http.StatusInternalServerError {
		t.Errorf("answer %d %q, want an error", code, text)
	}
}
