package functions_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
)

// Events of Kubernetes Jobs are taken only if the settings use them.
func TestJobEventsAreASetting(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]int{ // JOB_STATUS → unit → status
		config.JobStatusQueue:  {config.TargetMonitor: 404, config.TargetTick: 404, config.TargetAll: 404},
		config.JobStatusEvents: {config.TargetMonitor: 404, config.TargetTick: 200, config.TargetAll: 200},
	}
	for setting, units := range tests {
		s := open(t, functions.Options{}, "JOB_STATUS="+setting)
		for unit, want := range units {
			handler, err := s.Handler(unit)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/jobs",
				strings.NewReader(`{"metadata":{"name":"a","namespace":"default","resourceVersion":"7"}}`))
			for name, value := range map[string]string{
				"Content-Type": "application/json", "Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Source": "https://10.0.0.1:443",
				"Ce-Type": "dev.knative.apiserver.resource.update",
			} {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != want {
				t.Errorf("JOB_STATUS=%s, %s: %d %s, want %d", setting, unit, w.Code, w.Body, want)
			}
		}
	}
}
