package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"kubejobs/shared/platform/telemetry"
)

// open opens telemetry and closes it at the end of the test.
func open(t *testing.T, o telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	made, err := telemetry.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close(context.WithoutCancel(t.Context())) })
	return made
}

// openTraced opens telemetry whose spans are recorded.
func openTraced(t *testing.T) (*telemetry.Telemetry, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	return open(t, telemetry.Options{Processors: []sdktrace.SpanProcessor{recorder}}), recorder
}

// scrape returns the metrics as Prometheus reads them.
func scrape(t *testing.T, made *telemetry.Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	made.Served().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// expect reports lines that are missing in a scrape.
func expect(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("%q is missing in:\n%s", line, text)
		}
	}
}

// refuse reports parts that must not be in a scrape.
func refuse(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q must not be in:\n%s", part, text)
		}
	}
}

// Without a signal nothing is wrapped.
func TestOff(t *testing.T) {
	t.Parallel()
	made := open(t, telemetry.Options{})
	next := &store{}
	if got := made.Store(next); got != next {
		t.Errorf("Store = %T, want the one given", got)
	}
	if got := made.SampleList(next); got != next {
		t.Errorf("SampleList = %T, want the one given", got)
	}
	mux := http.NewServeMux()
	if got := made.Routes(mux); got != http.Handler(mux) {
		t.Errorf("Routes = %T, want the mux given", got)
	}
	if got := made.Transport(http.DefaultTransport); got != http.DefaultTransport {
		t.Errorf("Transport = %T, want the one given", got)
	}
	if hook := made.RedisHook(telemetry.RedisState); hook != nil {
		t.Errorf("RedisHook = %T, want none", hook)
	}
	if handler := made.Served(); handler != nil {
		t.Errorf("Served = %T, want none", handler)
	}
	made.Tick(t.Context(), time.Now(), "a", "sampled", nil) // does nothing
}
