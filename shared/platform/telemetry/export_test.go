package telemetry_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"kubejobs/shared/platform/telemetry"
)

// patience bounds each wait of a test.
const patience = 30 * time.Second

// collector receives OTLP over HTTP and records the names of spans and metrics.
type collector struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	got      []string // METHOD path content-type header
	spans    []string
	metrics  []string
	services map[string]bool
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{t: t, services: map[string]bool{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		c.t.Errorf("read %s: %v", r.URL.Path, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("X-Key"))
	w.Header().Set("Content-Type", "application/x-protobuf")
	if strings.HasSuffix(r.URL.Path, "/traces") {
		c.takeSpans(body)
		return
	}
	c.takeMetrics(body)
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		return body, err
	}
	zipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zipped)
}

func (c *collector) takeSpans(body []byte) {
	var request collecttraces.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		c.t.Errorf("spans: %v", err)
	}
	for _, resource := range request.GetResourceSpans() {
		for _, attribute := range resource.GetResource().GetAttributes() {
			if attribute.GetKey() == "service.name" {
				c.services[attribute.GetValue().GetStringValue()] = true
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, span.GetName())
			}
		}
	}
}

func (c *collector) takeMetrics(body []byte) {
	var request collectmetrics.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		c.t.Errorf("metrics: %v", err)
	}
	for _, resource := range request.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, metric := range scope.GetMetrics() {
				c.metrics = append(c.metrics, metric.GetName())
			}
		}
	}
}

// work serves one request that contains a tick.
func work(t *testing.T, made *telemetry.Telemetry) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = made.Store(&store{}).Load(r.Context(), "a", "t")
		made.Tick(r.Context(), time.Now(), "a", "sampled", nil)
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	made.Requests(made.Routes(mux)).ServeHTTP(httptest.NewRecorder(), r)
}

// Both signals reach a real receiver of OTLP over HTTP, at the latest when Close
// returns; /metrics is served at the same time.
func TestExport(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hunter2")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_SERVICE_NAME", "")
	made := open(t, telemetry.Options{Traces: true, Push: true, Serve: true, Service: "tick"})
	work(t, made)
	expect(t, scrape(t, made), `kubejobs_ticks_total{outcome="sampled"} 1`)
	made.Close(t.Context())
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff([]string{"load", "POST /"}, c.spans); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	if all := strings.Join(c.metrics, "\n"); !strings.Contains(all, "kubejobs.tick.duration") || !strings.Contains(all, "kubejobs.jobs") {
		t.Errorf("metrics %v, want the tick's and the jobs'", c.metrics)
	}
	if !c.services["tick"] {
		t.Errorf("services %v, want tick", c.services)
	}
	for _, got := range c.got {
		if got != "POST /v1/traces application/x-protobuf hunter2" && got != "POST /v1/metrics application/x-protobuf hunter2" {
			t.Errorf("request %q", got)
		}
	}
}

func TestSamplerIsHonoured(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	made := open(t, telemetry.Options{Traces: true})
	work(t, made)
	made.Close(t.Context())
	if len(c.spans) != 0 {
		t.Errorf("spans %v, want none", c.spans)
	}
}

// A collector that accepts a connection and never answers, or that is
// unreachable, delays neither the work nor Close.
func TestACollectorThatHangs(t *testing.T) {
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangs.Close() })
	unreachable, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unreachable.Close()
	for name, listener := range map[string]net.Listener{"hangs": hangs, "is unreachable": unreachable} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
			t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")
			t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "600000")
			t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
			t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
			made := open(t, telemetry.Options{Traces: true, Push: true})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for range 1000 { // far more than the queue holds
					work(t, made)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				made.Close(ctx)
			}()
			select {
			case <-done:
			case <-time.After(patience):
				t.Fatal("work or Close waits for the collector")
			}
		})
	}
}

// An error of an exporter names the setting.
func TestOpenNamesTheSetting(t *testing.T) {
	tests := map[string]struct {
		setting string
		o       telemetry.Options
	}{
		"spans":   {"OTEL_TRACES_EXPORTER", telemetry.Options{Traces: true}},
		"metrics": {"OTEL_METRICS_EXPORTER", telemetry.Options{Push: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv(tt.setting, "none such")
			if _, err := telemetry.Open(t.Context(), tt.o); err == nil || !strings.Contains(err.Error(), tt.setting) {
				t.Errorf("Open: %v, want an error that names %s", err, tt.setting)
			}
		})
	}
}
