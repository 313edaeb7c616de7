package functions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
)

// A caller behind the trusted proxy has its own places, whatever it claims to be.
func TestJobsOfACaller(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{}, "MAX_JOBS=3", "MAX_JOBS_PER_CALLER=1", "TRUSTED_PROXIES=1")
	call := func(method, path, body, forwarded string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("X-Forwarded-For", forwarded)
		return s.serve(config.TargetMonitor, r)
	}
	request := fmt.Sprintf(`{"plugin":"kubejobs","plugin_info":{"expected_time":60,"number_of_jobs":6,"redis_ip":"127.0.0.1","redis_port":%d}}`, s.redis.Port())
	for _, step := range []struct {
		id, forwarded string
		status        int
		says          string
	}{
		{"a", "10.0.0.1", http.StatusAccepted, "deadline"},
		{"b", "10.0.0.1", http.StatusTooManyRequests, `"error_name":"TOO_MANY_REQUESTS"`},
		{"b", "10.0.0.2, 10.0.0.1", http.StatusTooManyRequests, "MAX_JOBS_PER_CALLER"},
		{"a", "10.0.0.1", http.StatusAccepted, "deadline"},
		{"a", "10.0.0.9", http.StatusAccepted, "deadline"},
		{"b", "10.0.0.2", http.StatusAccepted, "deadline"},
		{"c", "10.0.0.3", http.StatusAccepted, "deadline"},
		{"d", "10.0.0.4", http.StatusTooManyRequests, "as many as MAX_JOBS allows"},
	} {
		if w := call(http.MethodPost, "/monitoring/"+step.id, request, step.forwarded); w.Code != step.status || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("start %s from %s: %d %s, want %d and %q in it", step.id, step.forwarded, w.Code, w.Body, step.status, step.says)
		}
	}
	if w := call(http.MethodPut, "/monitoring/c/stop", "", "10.0.0.1"); w.Code != http.StatusNoContent {
		t.Errorf("stop: %d %s", w.Code, w.Body)
	}
	if w := call(http.MethodPost, "/monitoring/d", request, "10.0.0.3"); w.Code != http.StatusAccepted {
		t.Errorf("start after a stop: %d %s, want 202", w.Code, w.Body)
	}
}
