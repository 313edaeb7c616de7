package functions_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/config"
)

// Where nobody sends the sweep's tick the local scheduler sweeps.
func TestTheLocalSchedulerSweeps(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{SweepCron: "* * * * * *"})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for {
		w := s.serve(config.TargetAll, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		if strings.Contains(w.Body.String(), "\nkubejobs_sweeps_total{result=\"done\"} ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no sweep within %v:\n%s", patience, w.Body)
		}
		<-time.After(20 * time.Millisecond)
	}
}
