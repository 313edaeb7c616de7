package contract_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"
)

// callers is the number of callers that start a job at the same time.
const callers = 8

// startAll sends a start of the same id with each of the bodies at the same time.
func (w *world) startAll(t *testing.T, id string, bodies []string) []answer {
	t.Helper()
	answers, errs := make([]answer, len(bodies)), make([]error, len(bodies))
	var together sync.WaitGroup
	ready := make(chan struct{})
	for i, body := range bodies {
		together.Go(func() {
			<-ready
			answers[i], errs[i] = w.converse(compose(http.MethodPost, "/monitoring/"+id, body), false)
		})
	}
	close(ready)
	together.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("caller %d: %v", i, err)
		}
	}
	return answers
}

// listed returns the expected times of the jobs that GET /monitoring lists, by id.
func (w *world) listed(t *testing.T) map[string]float64 {
	t.Helper()
	var page struct {
		Jobs []struct {
			ID     string
			Budget float64 `json:"expected_time"`
		}
	}
	got := w.call(t, http.MethodGet, "/monitoring", "")
	if err := json.Unmarshal(got.body, &page); err != nil || got.status != http.StatusOK {
		t.Fatalf("list: got status %d and body %s, want 200 and a page", got.status, got.body)
	}
	budgets := map[string]float64{}
	for _, j := range page.Jobs {
		if _, twice := budgets[j.ID]; twice {
			t.Errorf("%s is listed twice", j.ID)
		}
		budgets[j.ID] = j.Budget
	}
	return budgets
}

func TestConcurrentStarts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		budget   func(caller int) time.Duration
		accepted int
	}{
		"the same request":   {func(int) time.Duration { return time.Minute }, callers},
		"different requests": {func(caller int) time.Duration { return time.Minute + time.Duration(caller)*time.Second }, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.fill(t, 6, 0, 0)
			j := job{id: "kj-once", items: 6, submitted: noon}
			bodies := make([]string, callers)
			for i := range bodies {
				j.budget = tt.budget(i)
				bodies[i] = w.body(j)
			}
			accepted, winner := 0, 0
			for i, got := range w.startAll(t, j.id, bodies) {
				if got.status == http.StatusAccepted {
					accepted++
					winner = i
				} else if err := got.checkRefusal(http.StatusBadRequest); err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			}
			if accepted != tt.accepted {
				t.Fatalf("got %d accepted, want %d", accepted, tt.accepted)
			}
			listed := w.listed(t)
			if want := tt.budget(winner).Seconds(); len(listed) != 1 || listed[j.id] != want {
				t.Errorf("got jobs with their expected times %v, want only %s with that of caller %d, %v", listed, j.id, winner, want)
			}
			if got := w.tick(t, j.id); got != "sampled" {
				t.Errorf("tick: got outcome %q, want sampled", got)
			}
		})
	}
}
