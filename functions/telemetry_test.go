package functions_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
)

// The trace of the captured tick.
const (
	tickTrace  = "ec9099f4cd2074a10ef9a5b9db217c4b"
	tickParent = "62288ac12b9bee8f"
)

// The root span of a real tick continues the adapter's trace. The steps are below
// it, and each step's calls of Redis are below the step.
func TestATickIsATrace(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	s := open(t, functions.Options{Processors: []sdktrace.SpanProcessor{recorder}})
	s.start()
	recorder.Reset()
	s.tick()
	names := map[trace.SpanID]string{}
	for _, span := range recorder.Ended() {
		names[span.SpanContext().SpanID()] = span.Name()
	}
	var tree []string
	for _, span := range recorder.Ended() {
		parent := span.Parent().SpanID()
		if names[parent] == "" {
			names[parent] = parent.String()
		}
		tree = append(tree, names[parent]+" > "+span.Name())
		if got := span.SpanContext().TraceID().String(); got != tickTrace {
			t.Errorf("%s is of trace %s, want the adapter's", span.Name(), got)
		}
		shown := fmt.Sprint(span.Name(), span.Attributes(), span.Events(), span.Status())
		for _, secret := range []string{password, "{kj-abc1234}", "kj-abc1234:metrics", "1167763c", "processing"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s shows %q: %s", span.Name(), secret, shown)
			}
		}
	}
	slices.Sort(tree)
	tree = slices.Compact(tree) // a new connection makes calls of its own, and a script is sent twice at first
	want := []string{
		tickParent + " > POST /", "POST / > broadcast", "POST / > commit", "POST / > load", "POST / > publish", "POST / > queue",
	}
	if diff := cmp.Diff(want, slices.DeleteFunc(slices.Clone(tree), isRedis)); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	for _, step := range []string{"load", "queue", "publish", "commit"} {
		if !slices.ContainsFunc(tree, func(line string) bool { return strings.HasPrefix(line, step+" > redis ") }) {
			t.Errorf("no call of Redis below %s in %v", step, tree)
		}
	}
}

func isRedis(line string) bool { return strings.Contains(line, "> redis ") }

// Probes and scrapes have no span.
func TestProbesAreNoTrace(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	s := open(t, functions.Options{Processors: []sdktrace.SpanProcessor{recorder}})
	for _, path := range []string{"/health/readiness", "/health/liveness", "/metrics"} {
		if w := s.serve(config.TargetTick, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if spans := recorder.Started(); len(spans) != 0 {
		t.Errorf("%d spans, want none: the first is %q", len(spans), spans[0].Name())
	}
}

// A line that is logged within a request names its trace.
func TestLogLinesNameTheTrace(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{Processors: []sdktrace.SpanProcessor{tracetest.NewSpanRecorder()}})
	s.start()
	s.tick()
	for line := range strings.Lines(s.logs.String()) {
		if strings.Contains(line, "job is running") {
			if !strings.Contains(line, `"trace_id":"`+tickTrace+`","span_id":"`) {
				t.Errorf("%s names no trace", line)
			}
			return
		}
	}
	t.Errorf("no line about the job in:\n%s", s.logs.String())
}

func TestMetricsOfATick(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{})
	s.start()
	s.tick()
	w := s.serve(config.TargetAll, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		`kubejobs_ticks_total{outcome="sampled"} 1`,
		`kubejobs_tick_duration_seconds_count{outcome="sampled"} 1`,
		`kubejobs_tick_lateness_seconds_count 1`,
		`kubejobs_step_duration_seconds_count{result="ok",step="queue"} 2`, // the start counts the items
		`kubejobs_step_duration_seconds_count{result="ok",step="publish"} 1`,
		`kubejobs_step_duration_seconds_count{result="ok",step="commit"} 1`,
		`kubejobs_step_duration_seconds_count{result="ok",step="schedule"} 1`,
		`kubejobs_job_progress{job_id="kj-abc1234"} 0.5`,
		`kubejobs_job_at_risk{job_id="kj-abc1234"} 0`,
		`kubejobs_jobs 1`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("%q is missing", want)
		}
	}
	for _, want := range []string{`kubejobs_redis_calls_total{client="job",result="ok"}`, `kubejobs_redis_calls_total{client="state",result="ok"}`} {
		if !strings.Contains(w.Body.String(), "\n"+want) {
			t.Errorf("%q is missing", want)
		}
	}
	if t.Failed() || strings.Contains(w.Body.String(), password) || strings.Contains(w.Body.String(), s.redis.Addr()) {
		t.Errorf("metrics:\n%s", w.Body)
	}
}

func TestMetricsThatAreNotServed(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{"switched off": "METRICS=false", "in Knative": "K_SERVICE=tick", "disabled": "OTEL_SDK_DISABLED=true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, functions.Options{}, setting)
			for _, target := range config.Targets() {
				if w := s.serve(target, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)); w.Code != http.StatusNotFound {
					t.Errorf("%s: %d %s, want 404", target, w.Code, w.Body)
				}
			}
		})
	}
}

// What the SDK finds wrong in its variables, and what a collector answers, is in
// the log without the values of the headers.
func TestTelemetryErrorsShowNoHeader(t *testing.T) {
	const headers = "OTEL_EXPORTER_OTLP_HEADERS"
	handler := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(handler); otel.SetLogger(logr.Discard()) })
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who is "+r.Header.Get("Authorization")+"?", http.StatusUnauthorized)
	}))
	t.Cleanup(collector.Close)
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "METRICS": "false",
		headers: "authorization=Basic%20" + password + ",x-key " + password,
	}
	for name, value := range env {
		t.Setenv(name, value) // for the SDK
	}
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	functions.LogTelemetry(cfg, logging.New(&log, slog.LevelInfo))
	s := open(t, functions.Options{}, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	s.start()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := log.String()
	if !strings.Contains(got, `"error":"parse headers"`) || !strings.Contains(got, "who is [redacted]?") {
		t.Errorf("log:\n%s\nwant the wrong header and the collector's answer", got)
	}
	if strings.Contains(got, password) {
		t.Errorf("the log shows a header's value:\n%s", got)
	}
}

// A collector that hangs delays no tick, and delays Close only until the time
// limit of the last telemetry.
func TestACollectorThatHangsDelaysNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	endpoint := "http://" + listener.Addr().String()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint) // for the SDK
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")
	t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "600000")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	s := open(t, functions.Options{}, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint)
	done := make(chan error, 1)
	go func() {
		s.start()
		for range 20 {
			s.tick()
		}
		done <- s.Close(t.Context())
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Close: %v, want nil: telemetry must not make it fail", err)
		}
	case <-time.After(patience):
		t.Fatal("a tick or Close waits for the collector")
	}
}
