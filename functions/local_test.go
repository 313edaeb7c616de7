package functions_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/proctest"
)

// Without a PingSource for the sweep, the local scheduler sweeps.
func TestTheLocalSchedulerSweeps(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{SweepCron: "* * * * * *"})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	proctest.Until(t, "a sweep is counted", func() bool {
		w := s.serve(config.TargetAll, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		return strings.Contains(w.Body.String(), "\nkubejobs_sweeps_total{result=\"done\"} ")
	})
}
