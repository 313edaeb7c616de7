package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

const (
	jobs    = 100
	ticks   = 10_000
	senders = 32
)

// Ten thousand ticks of a hundred jobs, a third of them sent twice at once, the
// server killed three times meanwhile: for each job the samples in the list,
// the folds in the state and the acknowledged ticks are the same number.
func TestNoTickIsLostOrDoubledWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	state, queue := redistest.Start(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t))
	fillQueue(t, queue, 1000)
	for job := range jobs {
		s.startJob(jobID(job), queue, 3600)
	}

	acked := newCounts()
	var sent atomic.Int64
	work := make(chan tick)
	group, ctx := errgroup.WithContext(t.Context())
	for range senders {
		group.Go(func() error {
			for next := range work {
				if !s.sendTwins(ctx, next, sent.Add(1)%3 == 0) {
					return fmt.Errorf("tick %s of %s was not acknowledged", next.id, next.job)
				}
				acked.add(next.job)
			}
			return nil
		})
	}
	for i := range ticks {
		if i%(ticks/4) == ticks/8 && i < ticks*3/4 {
			s.Respawn()
		}
		select {
		case work <- newTick(jobID(i % jobs)):
		case <-ctx.Done():
		}
	}
	close(work)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for job := range jobs {
		expectExactlyOnce(t, s, queue.Client(), jobID(job), acked.of(jobID(job)))
	}
}

// sendTwins sends a tick, twice at once if asked; true if every delivery was
// acknowledged.
func (s *server) sendTwins(ctx context.Context, next tick, twice bool) bool {
	never := func() bool { return false }
	ignore := func(int) {}
	if !twice {
		return s.send(ctx, next, never, ignore)
	}
	var both [2]bool
	var wait sync.WaitGroup
	for i := range both {
		wait.Go(func() { both[i] = s.send(ctx, next, never, ignore) })
	}
	wait.Wait()
	return both[0] && both[1]
}

// expectExactlyOnce compares what is in the list and in the state with the
// number of acknowledged ticks.
func expectExactlyOnce(t *testing.T, s *server, client *redis.Client, id string, acked int64) {
	t.Helper()
	elements, err := client.LRange(t.Context(), id+":metrics", 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	status := s.status(id)
	if int64(len(elements)) != acked || status.Samples != acked || status.Ticks.Received != acked {
		t.Errorf("%s: %d elements, %d commits, %d received, want %d acknowledged ticks",
			id, len(elements), status.Samples, status.Ticks.Received, acked)
	}
	last := int64(0)
	for _, element := range elements {
		var sample struct {
			Timestamp int64 `json:"timestamp"`
		}
		if err := json.Unmarshal([]byte(element), &sample); err != nil {
			t.Fatalf("%s: %v in %s", id, err, element)
		}
		if sample.Timestamp <= last {
			t.Errorf("%s: timestamp %d does not rise over %d", id, sample.Timestamp, last)
		}
		last = sample.Timestamp
	}
}

// The state Redis is killed for five seconds while ticks come: they are
// answered with 503 meanwhile, and afterwards nothing is lost or doubled.
func TestStateRedisAway(t *testing.T) {
	t.Parallel()
	const outage = 5 * time.Second
	// By the default, everysec, a Redis may answer before it has written.
	state := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
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
	back := acked.total()
	proctest.Until(t, "ticks are acknowledged after the outage", func() bool { return acked.total() >= back+5*some })
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

// A start without the state Redis is 503 and leaves nothing; a report is 202,
// since the Manager would loop for ever on anything else.
func TestCallsWithoutStateRedis(t *testing.T) {
	t.Parallel()
	state, queue := redistest.Start(t), redistest.Start(t)
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
		"readiness":       {http.MethodGet, "/health/readiness", nil, http.StatusOK}, // the Manager must get its answers
		"liveness":        {http.MethodGet, "/health/liveness", nil, http.StatusOK},
	}
	for name, tt := range tests {
		status, text, err := s.call(t.Context(), tt.method, tt.path, tt.body)
		if err != nil || status != tt.want || !json.Valid(text) {
			t.Errorf("%s: %d %s %v, want %d and JSON", name, status, text, err, tt.want)
		}
	}
	state.Restart()
	proctest.Until(t, "the state Redis is read again", func() bool {
		status, _, err := s.call(t.Context(), http.MethodGet, "/monitoring", nil)
		return err == nil && status == http.StatusOK
	})
	if status, text, err := s.call(t.Context(), http.MethodGet, "/monitoring/a", nil); status != http.StatusNotFound {
		t.Errorf("a refused start left something: %d %s %v", status, text, err)
	}
}

// Without the state Redis a tick has nowhere to go: the unit is not ready.
func TestTickIsNotReadyWithoutStateRedis(t *testing.T) {
	t.Parallel()
	state := redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "FUNCTION_TARGET=tick")
	state.Stop()
	status, text, err := s.call(t.Context(), http.MethodGet, "/health/readiness", nil)
	if err != nil || status != http.StatusServiceUnavailable || !json.Valid(text) {
		t.Errorf("readiness: %d %s %v, want 503", status, text, err)
	}
}

func fillQueue(t *testing.T, queue *redistest.Server, items int) {
	t.Helper()
	values := make([]any, items)
	for i := range values {
		values[i] = i
	}
	if err := queue.Client().RPush(t.Context(), "job", values...).Err(); err != nil {
		t.Fatal(err)
	}
}

func jobID(n int) string { return fmt.Sprintf("kj-%03d", n) }

// counts counts by name.
type counts struct {
	mu     sync.Mutex
	counts map[string]int64
}

func newCounts() *counts { return &counts{counts: map[string]int64{}} }

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name]++
}

func (c *counts) of(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}

func (c *counts) total() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := int64(0)
	for _, n := range c.counts {
		total += n
	}
	return total
}
