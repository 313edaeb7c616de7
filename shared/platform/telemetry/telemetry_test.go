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

// open opens telemetry that ends with the test.
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

// scrape is what Prometheus would read.
func scrape(t *testing.T, made *telemetry.Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	made.Served().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// expect looks for lines in what is scraped.
func expect(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("%q is missing in:\n%s", line, text)
		}
	}
}

// refuse looks for what must not be in what is scraped.
func refuse(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q is not wanted in:\n%s", part, text)
		}
	}
}

// With no signal nothing is measured: what goes in comes out.
func TestOff(t *testing.T) {
	t.Parallel()
	made := open(t, telemetry.Options{})
	next := &store{}
	if got := made.Store(next); got != next {
		t.Errorf("Store = %T, want the one given", got)
	}
	if got := made.SampleList(next); got != next {
		t.Errorf("Publisher = %T, want the one given", got)
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
