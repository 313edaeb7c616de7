package functions_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/monitor"
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

// A page of another origin starts and stops nothing in any unit, whatever serves it.
// Programs send no origin and are served, as is the unit's own page.
func TestUnitsRefuseOtherOrigins(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{})
	for _, unit := range config.Targets() {
		handler, err := s.Handler(unit)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			site, origin string
			refused      bool
		}{
			"a program":                {"", "", false},
			"the own page":             {"same-origin", "http://kubejobs.example.com", false},
			"another site":             {"cross-site", "https://example.org", true},
			"an old browser elsewhere": {"", "https://example.org", true},
			"a page without an origin": {"cross-site", "null", true},
		} {
			for _, method := range []string{http.MethodPost, http.MethodPut} {
				r := httptest.NewRequestWithContext(t.Context(), method, "http://kubejobs.example.com/monitoring/a/stop", http.NoBody)
				for field, value := range map[string]string{"Origin": tt.origin, "Sec-Fetch-Site": tt.site} {
					if value != "" {
						r.Header.Set(field, value)
					}
				}
				w := httptest.NewRecorder()
				if handler.ServeHTTP(w, r); (w.Code == http.StatusForbidden) != tt.refused {
					t.Errorf("%s, %s from %s: %d %s, want refused: %t", unit, method, name, w.Code, w.Body, tt.refused)
				}
			}
		}
	}
}

// A browser gets the page at /, anybody else the help; a CloudEvent is a tick. The unit
// tick has neither.
func TestPageIsForBrowsers(t *testing.T) {
	t.Parallel()
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	s := open(t, functions.Options{})
	tests := map[string]struct {
		unit, method, path, accept string
		status                     int
		kind, part                 string // of the answer
	}{
		"a browser":             {config.TargetAll, http.MethodGet, "/", browser, 200, "text/html; charset=utf-8", `id="jobs"`},
		"a browser, monitor":    {config.TargetMonitor, http.MethodGet, "/", browser, 200, "text/html; charset=utf-8", `id="jobs"`},
		"the list":              {config.TargetMonitor, http.MethodGet, "/ui/", "*/*", 200, "text/html; charset=utf-8", `id="jobs"`},
		"a job":                 {config.TargetAll, http.MethodGet, "/ui/jobs/a", browser, 200, "text/html; charset=utf-8", `id="job"`},
		"a program":             {config.TargetAll, http.MethodGet, "/", "*/*", 200, "application/json", "calls"},
		"a program, monitor":    {config.TargetMonitor, http.MethodGet, "/", "", 200, "application/json", "calls"},
		"an event":              {config.TargetAll, http.MethodPost, "/", browser, 200, "", ""},
		"the unit tick":         {config.TargetTick, http.MethodGet, "/", browser, 405, "application/json", "POST"},
		"the list is only read": {config.TargetAll, http.MethodPost, "/ui/", browser, 405, "application/json", "GET"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, err := s.Handler(tt.unit)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(`{"app_id":"nobody"}`))
			r.Header.Set("Accept", tt.accept)
			if tt.path == "/" && tt.method == http.MethodPost {
				for name, value := range map[string]string{"Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Source": "/apis/v1/namespaces/a/pingsources/b", "Ce-Type": monitor.TickEventType} {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || !strings.Contains(w.Body.String(), tt.part) {
				t.Errorf("%d %q %.200s, want %d %q with %q", w.Code, w.Header().Get("Content-Type"), w.Body, tt.status, tt.kind, tt.part)
			}
		})
	}
}
