package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions/report"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

type reporter struct {
	ReportFunc   func(ctx context.Context, id job.ID) (job.Report, error)
	DetailedFunc func(ctx context.Context, id job.ID) (job.Detailed, error)
}

func (r reporter) Report(ctx context.Context, id job.ID) (job.Report, error) {
	return r.ReportFunc(ctx, id)
}

func (r reporter) Detailed(ctx context.Context, id job.ID) (job.Detailed, error) {
	return r.DetailedFunc(ctx, id)
}

// finished returns a reporter of one job, which returns err too.
func finished(t *testing.T, err error) reporter {
	t.Helper()
	check := func(id job.ID) {
		if id != "kj-abc1234" {
			t.Errorf("asked for %q, want kj-abc1234", id)
		}
	}
	value, second, seconds := -0.5, "2026-11-24T05:41:21Z", int64(4)
	return reporter{
		ReportFunc: func(_ context.Context, id job.ID) (job.Report, error) {
			check(id)
			last := job.TimedError{Value: &value, Second: &second}
			return job.Report{
				ExecutionTime: &seconds, FinalError: last, Strategy: "default",
				Phase: job.PhaseFinished, Reason: "the queue is empty", Verdict: &job.Verdict{Late: true, Spare: -1.25},
			}, err
		},
		DetailedFunc: func(_ context.Context, id job.ID) (job.Detailed, error) {
			check(id)
			return job.Detailed{second: {Error: value, Job: 1, Replicas: 3, Time: 1.5}}, err
		},
	}
}

func serve(t *testing.T, handler http.Handler, id string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", strings.NewReader(`{"the Manager":"sends a body"}`))
	r.SetPathValue("id", id)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// The Manager polls until the status is 200 or 400. A body that is not a JSON object
// ends its thread.
func TestStatus(t *testing.T) {
	t.Parallel()
	down := failure.Unavailable("the store is down", errors.New("dial tcp 10.1.2.3:6379"))
	tests := map[string]struct {
		id     string
		err    error
		status int
	}{
		"finished":                   {"kj-abc1234", nil, 200},
		"running":                    {"kj-abc1234", monitor.ErrRunning, 202},
		"running, wrapped":           {"kj-abc1234", fmt.Errorf("report: %w", monitor.ErrRunning), 202},
		"the store is down":          {"kj-abc1234", down, 202},
		"the store is down, wrapped": {"kj-abc1234", fmt.Errorf("report: %w", down), 202},
		"stopped":                    {"kj-abc1234", monitor.ErrNoReport, 400},
		"unknown":                    {"kj-abc1234", monitor.ErrUnknownJob, 400},
		"not a DNS label":            {"Kj_1", nil, 400},
		"no id":                      {"", nil, 400},
	}
	kinds := map[string]func(reporter) http.Handler{
		"report":   func(r reporter) http.Handler { return report.New(r, slog.New(slog.DiscardHandler)) },
		"detailed": func(r reporter) http.Handler { return report.NewDetailed(r, slog.New(slog.DiscardHandler)) },
	}
	for kind, handler := range kinds {
		for name, tt := range tests {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := serve(t, handler(finished(t, tt.err)), tt.id)
				if w.Code != tt.status {
					t.Errorf("status = %d, want %d", w.Code, tt.status)
				}
				if got := w.Header().Get("Content-Type"); got != "application/json" {
					t.Errorf("Content-Type = %q, want application/json", got)
				}
				var object map[string]any
				if err := json.Unmarshal(w.Body.Bytes(), &object); err != nil || len(object) == 0 {
					t.Errorf("body = %q, %v, want a JSON object", w.Body, err)
				}
				if strings.Contains(w.Body.String(), "10.1.2.3") {
					t.Errorf("the body shows the cause: %s", w.Body)
				}
			})
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler func(reporter, *slog.Logger) http.Handler
		err     error
		want    string
	}{
		"report": {
			func(r reporter, log *slog.Logger) http.Handler { return report.New(r, log) }, nil,
			`{"execution_time":4,"final_error":[-0.5,"2026-11-24T05:41:21Z"],"final_replicas":null,"heuristic_options":null,` +
				`"max_error":[null,null],"min_error":[null,null],"scaling_strategy":"default","phase":"finished",` +
				`"reason":"the queue is empty","deadline_met":false,"late":true,"spare_seconds":-1.25}`,
		},
		"detailed": {
			func(r reporter, log *slog.Logger) http.Handler { return report.NewDetailed(r, log) }, nil,
			`{"2026-11-24T05:41:21Z":{"error":-0.5,"job_progress":1,"replicas":3,"time_progress":1.5}}`,
		},
		"running": {
			func(r reporter, log *slog.Logger) http.Handler { return report.New(r, log) }, monitor.ErrRunning,
			`{"message":"Job is running yet!"}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, tt.handler(finished(t, tt.err), slog.New(slog.DiscardHandler)), "kj-abc1234")
			if got := strings.TrimSpace(w.Body.String()); got != tt.want {
				t.Errorf("body:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The Manager gets 202 while the store does not answer; the log has the cause.
func TestStoreDownIsLogged(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	err := failure.Unavailable("down", errors.New("dial tcp"))
	serve(t, report.New(finished(t, err), slog.New(slog.NewJSONHandler(&lines, nil))), "kj-abc1234")
	for _, part := range []string{`"level":"WARN"`, `"job":"kj-abc1234"`, "dial tcp"} {
		if !strings.Contains(lines.String(), part) {
			t.Errorf("the log has no %s: %s", part, lines.String())
		}
	}
}
