package stop_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/functions/stop"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/openapitest"
)

type stopper struct {
	StopFunc func(ctx context.Context, id job.ID) error
}

func (s stopper) Stop(ctx context.Context, id job.ID) error { return s.StopFunc(ctx, id) }

func TestHandler(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id     string
		err    error
		status int
		asked  bool
	}{
		"stopped":           {"kj-abc1234", nil, 204, true},
		"an unknown job":    {"kj-abc1234", monitor.ErrUnknownJob, 400, true},
		"the store is down": {"kj-abc1234", failure.Unavailable("down", errors.New("dial")), 503, true},
		"a bug":             {"kj-abc1234", errors.New("nil"), 500, true},
		"not a DNS label":   {"../etc", nil, 400, false},
		"no id":             {"", nil, 400, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			handler := stop.New(stopper{StopFunc: func(_ context.Context, id job.ID) error {
				if asked = true; string(id) != tt.id {
					t.Errorf("stopped %q, want %q", id, tt.id)
				}
				return tt.err
			}}, slog.New(slog.DiscardHandler))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", http.NoBody)
			r.SetPathValue("id", tt.id)
			w := httptest.NewRecorder()
			openapitest.Operation(t, "stopJob", handler).ServeHTTP(w, r)
			if w.Code != tt.status || asked != tt.asked {
				t.Errorf("status = %d, asked %t, want %d, %t", w.Code, asked, tt.status, tt.asked)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type = %q, want application/json", got)
			}
			if json.Valid(w.Body.Bytes()) == (w.Code == http.StatusNoContent) {
				t.Errorf("body = %q, want JSON, and no body with 204", w.Body)
			}
		})
	}
}
