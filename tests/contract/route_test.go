package contract_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ target, allow string }{
		"the root":                 {"/", "GET, POST"},
		"the list":                 {"/monitoring", "GET"},
		"a job":                    {"/monitoring/job-7", "GET, POST"},
		"a stop":                   {"/monitoring/job-7/stop", "PUT"},
		"a report":                 {"/monitoring/job-7/report", "GET"},
		"a detailed report":        {"/monitoring/job-7/report/detailed", "GET"},
		"the samples":              {"/monitoring/job-7/samples", "GET"},
		"the samples as CSV":       {"/monitoring/job-7/samples.csv", "GET"},
		"the samples as NDJSON":    {"/monitoring/job-7/samples.ndjson", "GET"},
		"the events":               {"/monitoring/job-7/events", "GET"},
		"the forecast":             {"/monitoring/job-7/forecast", "GET"},
		"the forecast with .json":  {"/monitoring/job-7/forecast.json", "GET"},
		"the plugins":              {"/plugins", "POST"},
		"a job with .json":         {"/monitoring/job-7.json", "GET, POST"},
		"a stop with .json":        {"/monitoring/job-7/stop.json", "PUT"},
		"a report with .json":      {"/monitoring/job-7/report.json", "GET"},
		"a job with an invalid id": {"/monitoring/Job", "GET, POST"},
	}
	w := newWorld(t, nil)
	for name, tt := range tests {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QOST", "get"} {
			if strings.Contains(tt.allow, method) {
				continue
			}
			t.Run(method+" of "+name, func(t *testing.T) {
				got := w.call(t, method, tt.target, "{}")
				if err := got.checkRefusal(http.StatusMethodNotAllowed); err != nil {
					t.Error(err)
				}
				if allow := got.header.Get("Allow"); allow != tt.allow {
					t.Errorf("got Allow %q, want %q", allow, tt.allow)
				}
			})
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, target := range []string{
		"/nothing", "/nothing.json", "/monitoringx", "/monitoring/job-7/start", "/monitoring/job-7/", "/monitoring/job-7/stop/",
		"/monitoring/job-7/report/other", "/monitoring/job-7/stop/now",
		"/monitoring/job-7/samples.xml", "/monitoring/job-7/samples/", "/monitoring/job-7/events/1", "/monitoring/job-7/forecast/1", "/plugins/", "/plugins/x", "/health/nothing", "/health/",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			t.Run(method+" "+target, func(t *testing.T) {
				if err := w.call(t, method, target, "{}").checkRefusal(http.StatusNotFound); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if keys := w.keys(t); len(keys) != 0 {
		t.Errorf("got keys %v in the state Redis, want none", keys)
	}
}

// TestJSONSuffix makes the same calls twice, the second time with .json after every
// path: the answers must be the same.
func TestJSONSuffix(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{items: 6, budget: time.Minute, submitted: noon}
	steps := []struct {
		name, method, target string
		want                 int
	}{
		{"report before", http.MethodGet, "/monitoring/ID/report", http.StatusBadRequest},
		{"start", http.MethodPost, "/monitoring/ID", http.StatusAccepted},
		{"start again", http.MethodPost, "/monitoring/ID", http.StatusAccepted},
		{"status", http.MethodGet, "/monitoring/ID", http.StatusOK},
		{"list", http.MethodGet, "/monitoring", http.StatusOK},
		{"report", http.MethodGet, "/monitoring/ID/report", http.StatusAccepted},
		{"detailed report", http.MethodGet, "/monitoring/ID/report/detailed", http.StatusAccepted},
		{"samples", http.MethodGet, "/monitoring/ID/samples", http.StatusOK},
		{"forecast", http.MethodGet, "/monitoring/ID/forecast", http.StatusOK},
		{"stop", http.MethodPut, "/monitoring/ID/stop", http.StatusNoContent},
		{"stop again", http.MethodPut, "/monitoring/ID/stop", http.StatusNoContent},
		{"report after", http.MethodGet, "/monitoring/ID/report", http.StatusBadRequest},
		{"detailed report after", http.MethodGet, "/monitoring/ID/report/detailed", http.StatusBadRequest},
		{"plugins", http.MethodPost, "/plugins", http.StatusBadRequest},
		{"wrong method", http.MethodPatch, "/monitoring/ID/report", http.StatusMethodNotAllowed},
	}
	answersWith := func(suffix string) []string {
		w.fill(t, 6, 0, 0)
		answers := make([]string, len(steps))
		for i, s := range steps {
			got := w.call(t, s.method, strings.ReplaceAll(s.target, "ID", "job-7")+suffix, w.body(j))
			if got.status != s.want {
				t.Errorf("%s%s: got status %d, want %d; body %s", s.name, suffix, got.status, s.want, got.body)
			}
			answers[i] = strings.Join([]string{
				s.name, http.StatusText(got.status), got.header.Get("Content-Type"), got.header.Get("Location"), string(got.body),
			}, " ")
		}
		w.state.FlushDB(t.Context())
		return answers
	}
	if diff := cmp.Diff(answersWith(""), answersWith(".json")); diff != "" {
		t.Errorf("answers (-without +with .json):\n%s", diff)
	}
}
