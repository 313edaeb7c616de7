package start_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/start"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

type starterFunc func(context.Context, monitor.Request) error

func (f starterFunc) Start(ctx context.Context, r monitor.Request) error { return f(ctx, r) }

func TestHandler(t *testing.T) {
	t.Parallel()
	const valid = `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`
	tests := map[string]struct {
		id, body string
		err      error
		status   int
		names    []string
	}{
		"valid":                  {"a", valid, nil, http.StatusAccepted, nil},
		"a wrong id":             {"A", valid, nil, http.StatusBadRequest, []string{"id:"}},
		"a wrong id and a field": {"A", `{"plugin":"kubejobs","plugin_info":{}}`, nil, http.StatusBadRequest, []string{"id:", "plugin_info.expected_time:"}},
		"refused":                {"a", valid, monitor.ErrOtherRequest, http.StatusBadRequest, []string{"a different request"}},
		"the store is down":      {"a", valid, failure.Unavailable("down", nil), http.StatusServiceUnavailable, []string{"down"}},
		"a bug":                  {"a", valid, errors.New("secret"), http.StatusInternalServerError, []string{"internal error"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := false
			service := starterFunc(func(_ context.Context, r monitor.Request) error {
				started = r.ID == "a" && r.Budget == 40*time.Second
				return tt.err
			})
			mux := http.NewServeMux()
			mux.Handle("/monitoring/{id}", start.New(service, time.UTC, slog.New(slog.DiscardHandler)))
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/monitoring/"+tt.id, strings.NewReader(tt.body)))
			if w.Code != tt.status || started != (tt.status != http.StatusBadRequest || tt.err != nil) {
				t.Errorf("%d %s, started %t, want %d", w.Code, w.Body, started, tt.status)
			}
			for _, want := range tt.names {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s does not name %q", w.Body, want)
				}
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the cause is shown: %s", w.Body)
			}
		})
	}
}
