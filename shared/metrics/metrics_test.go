package metrics_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/shared/metrics"
	"kubejobs/shared/monitor"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Tick(monitor.OutcomeSampled, nil)
	m.Tick(monitor.OutcomeSampled, nil)
	m.Tick(monitor.OutcomeDuplicate, nil)
	m.Tick("", errors.New("away"))
	m.Sweep(monitor.Swept{Jobs: 7, Schedules: 6, Created: 1}, nil)
	m.Sweep(monitor.Swept{Deleted: 2}, errors.New("away"))

	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		`kubejobs_ticks_total{outcome="sampled"} 2`,
		`kubejobs_ticks_total{outcome="duplicate"} 1`,
		`kubejobs_ticks_total{outcome="error"} 1`,
		`kubejobs_sweeps_total{result="done"} 1`,
		`kubejobs_sweeps_total{result="error"} 1`,
		`kubejobs_sweep_actions_total{action="created"} 1`,
		`kubejobs_sweep_actions_total{action="deleted"} 2`,
		`kubejobs_sweep_jobs 7`,
		`kubejobs_sweep_schedules 6`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("%q is missing in:\n%s", want, w.Body)
		}
	}
}
