package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// While the state Redis is down for five seconds, ticks are answered with 503.
// Afterwards nothing is lost or doubled.
func TestStateRedisOutage(t *testing.T) {
	t.Parallel()
	const outage = 5 * time.Second
	// With the default, everysec, Redis may answer before it has written to disk.
	state := redistest.StartState(t, "--appendonly", "yes", "--appendfsync", "always")
	queue := redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t))
	fillQueue(t, queue, 1000)
	const some = 10
	for job := range some {
		s.startJob(jobID(job), queue, 3600)
	}

	var over atomic.Bool
	acked, statuses := newCounts(), newCounts()
	group, ctx := errgroup.WithContext(t.Context())
	for job := range some {
		group.Go(func() error {
			for !over.Load() {
				next := newTick(jobID(job))
				if !s.send(ctx, next, func() bool { return true }, func(status int) { statuses.add(strconv.Itoa(status)) }) {
					return fmt.Errorf("tick %s was refused", next.id)
				}
				acked.add(next.job)
			}
			return nil
		})
	}
	proctest.Until(t, "ticks are acknowledged before the outage", func() bool { return acked.total() >= some })
	state.Stop()
	<-time.After(outage)
	state.Restart()
	restarted := acked.total()
	proctest.Until(t, "ticks are acknowledged after the outage", func() bool { return acked.total() >= restarted+5*some })
	over.Store(true)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if statuses.of("503") == 0 {
		t.Errorf("no tick was answered with 503 during the outage: %v", statuses.counts)
	}
	for status := range statuses.counts {
		if status != "200" && status != "503" {
			t.Errorf("a tick was answered with %s, want 200 or 503", status)
		}
	}
	for job := range some {
		expectExactlyOnce(t, s, queue.Client(), jobID(job), acked.of(jobID(job)))
	}
}

// Without the state Redis, a start is answered with 503 and leaves nothing behind. A
// report is answered with 202, because the Manager would loop for ever on a 5xx.
func TestCallsWithoutStateRedis(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	state.Stop()
	body := fmt.Appendf(nil, `{"plugin":"kubejobs","plugin_info":{"expected_time":60,"number_of_jobs":6,`+
		`"redis_ip":"127.0.0.1","redis_port":%d}}`, queue.Port())
	tests := map[string]struct {
		method, path string
		body         []byte
		want         int
	}{
		"start":           {http.MethodPost, "/monitoring/a", body, http.StatusServiceUnavailable},
		"stop":            {http.MethodPut, "/monitoring/a/stop", nil, http.StatusServiceUnavailable},
		"report":          {http.MethodGet, "/monitoring/a/report", nil, http.StatusAccepted},
		"detailed report": {http.MethodGet, "/monitoring/a/report/detailed", nil, http.StatusAccepted},
		"status":          {http.MethodGet, "/monitoring/a", nil, http.StatusServiceUnavailable},
		"list":            {http.MethodGet, "/monitoring", nil, http.StatusServiceUnavailable},
		"readiness":       {http.MethodGet, "/health/readiness", nil, http.StatusOK}, // the Manager must still get answers
		"liveness":        {http.MethodGet, "/health/liveness", nil, http.StatusOK},
	}
	for name, tt := range tests {
		status, text, err := s.call(t.Context(), tt.method, tt.path, tt.body)
		if err != nil || status != tt.want || !json.Valid(text) {
			t.Errorf("%s: %d %s %v, want %d and JSON", name, status, text, err, tt.want)
		}
	}
	state.Restart()
	proctest.Until(t, "the state Redis is reachable again", func() bool {
		status, _, err := s.call(t.Context(), http.MethodGet, "/monitoring", nil)
		return err == nil && status == http.StatusOK
	})
	if status, text, err := s.call(t.Context(), http.MethodGet, "/monitoring/a", nil); status != http.StatusNotFound {
		t.Errorf("a refused start left a job: %d %s %v", status, text, err)
	}
}

// Without the state Redis, tick cannot do anything, so it is not ready.
func TestTickIsNotReadyWithoutStateRedis(t *testing.T) {
	t.Parallel()
	state := redistest.StartState(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "FUNCTION_TARGET=tick")
	state.Stop()
	status, text, err := s.call(t.Context(), http.MethodGet, "/health/readiness", nil)
	if err != nil || status != http.StatusServiceUnavailable || !json.Valid(text) {
		t.Errorf("readiness: %d %s %v, want 503", status, text, err)
	}
}
