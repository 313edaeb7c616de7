package sweep_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions/sweep"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/openapitest"
)

type sweeperFunc func(context.Context) (monitor.Swept, error)

func (f sweeperFunc) Sweep(ctx context.Context) (monitor.Swept, error) { return f(ctx) }

func TestHandler(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		status int
		body   string
	}{
		"swept":       {nil, http.StatusOK, `{"jobs":3,"schedules":2,"created":1,"replaced":0,"deleted":0,"recovered":0,"ended":0,"sent":0,"pushed":0,"suspected":0,"unreadable":0,"failed":0}`},
		"unavailable": {failure.Unavailable("down", nil), http.StatusServiceUnavailable, `"error_message":"down"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := sweeperFunc(func(context.Context) (monitor.Swept, error) {
				return monitor.Swept{Jobs: 3, Schedules: 2, Created: 1}, tt.err
			})
			w := httptest.NewRecorder()
			handler := openapitest.Operation(t, "sweep", sweep.New(service, slog.New(slog.DiscardHandler)))
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}")))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}

// A CloudEvent is answered with an empty body: a Broker takes another one for a
// failure, and sends the event again.
func TestEventGetsNoBody(t *testing.T) {
	t.Parallel()
	service := sweeperFunc(func(context.Context) (monitor.Swept, error) { return monitor.Swept{Jobs: 3}, nil })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	for name, value := range map[string]string{
		"Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping", "Ce-Source": "/sweep",
	} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	openapitest.Operation(t, "sweep", sweep.New(service, slog.New(slog.DiscardHandler))).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.Len() > 0 || w.Header().Get("Kubejobs-Outcome") != "swept" {
		t.Errorf("%d %q %v, want 200, no body and the outcome", w.Code, w.Body, w.Header())
	}
}
