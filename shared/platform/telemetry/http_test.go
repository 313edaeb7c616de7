package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"kubejobs/shared/platform/telemetry"
)

const (
	remoteTrace = "ec9099f4cd2074a10ef9a5b9db217c4b"
	remoteSpan  = "62288ac12b9bee8f"
)

func TestRequestsHaveSpans(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/monitoring/{id}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("broken") })
	mux.HandleFunc("/health/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/metrics", func(http.ResponseWriter, *http.Request) {})
	tests := map[string]struct {
		path, traceparent string
		want              string // the span's name; "" for none
		status            codes.Code
	}{
		"a route":                   {"/monitoring/kj-1", "", "GET /monitoring/{id}", codes.Unset},
		"below a caller's":          {"/monitoring/kj-1", "00-" + remoteTrace + "-" + remoteSpan + "-01", "GET /monitoring/{id}", codes.Unset},
		"not sampled by the caller": {"/monitoring/kj-1", "00-" + remoteTrace + "-" + remoteSpan + "-00", "", codes.Unset},
		"no route":                  {"/none/kj-1", "", "GET", codes.Unset},
		"an error":                  {"/broken", "", "GET /broken", codes.Error},
		"a panic":                   {"/panic", "", "GET /panic", codes.Error},
		"a probe":                   {"/health/readiness", "", "", codes.Unset},
		"a scrape":                  {"/metrics", "", "", codes.Unset},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, recorder := openTraced(t)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, http.NoBody)
			if tt.traceparent != "" {
				r.Header.Set("Traceparent", tt.traceparent)
			}
			func() {
				defer func() { _ = recover() }()
				made.Requests(made.Routes(mux)).ServeHTTP(httptest.NewRecorder(), r)
			}()
			spans := recorder.Ended()
			if tt.want == "" {
				if len(spans) != 0 {
					t.Errorf("%d spans, want none", len(spans))
				}
				return
			}
			if len(spans) != 1 || spans[0].Name() != tt.want || spans[0].Status().Code != tt.status {
				t.Fatalf("spans %v, want one named %q with status %v", spans, tt.want, tt.status)
			}
			parent := spans[0].Parent()
			if tt.traceparent != "" && (parent.SpanID().String() != remoteSpan || parent.TraceID().String() != remoteTrace) {
				t.Errorf("the parent is %v, want the caller's", parent)
			}
		})
	}
}

// An outgoing request propagates the trace, and the URL of its span has no query.
func TestTransport(t *testing.T) {
	t.Parallel()
	sent := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sent <- r }))
	t.Cleanup(server.Close)
	made, recorder := openTraced(t)
	ctx, root := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "root")
	get(ctx, t, made, server.URL+"/write?p=hunter2")
	spans := recorder.Ended()
	if len(spans) != 1 || spans[0].Parent().SpanID() != root.SpanContext().SpanID() {
		t.Fatalf("spans %v, want one below the root", spans)
	}
	traceparent := fmt.Sprintf("00-%s-%s-01", root.SpanContext().TraceID(), spans[0].SpanContext().SpanID())
	if diff := cmp.Diff(traceparent, (<-sent).Header.Get("Traceparent")); diff != "" {
		t.Errorf("traceparent (-want +got):\n%s", diff)
	}
	shown := fmt.Sprint(spans[0].Attributes())
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, server.URL) || strings.Contains(shown, "/write") {
		t.Errorf("attributes %s, want the URL without its path and query", shown)
	}
}

// The transport's metrics have no label whose values grow with the jobs.
func TestTransportCounts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	made := open(t, telemetry.Options{Serve: true})
	for i := range 3 {
		get(t.Context(), t, made, fmt.Sprintf("%s/jobs/kj-%d?p=hunter2", server.URL, i))
	}
	text := scrape(t, made)
	if !strings.Contains(text, `http_client_request_duration_seconds_count{`) || !strings.Contains(text, `http_response_status_code="404"`) {
		t.Errorf("no duration of requests in:\n%s", text)
	}
	refuse(t, text, "kj-", "hunter2", "body_size")
}

// get sends a request through the transport.
func get(ctx context.Context, t *testing.T, made *telemetry.Telemetry, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: made.Transport(http.DefaultTransport)}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}
