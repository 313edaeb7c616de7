package integration_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// events takes CloudEvents; it refuses a third of them the first time.
type events struct {
	mu      sync.Mutex
	refused map[string]bool
	kinds   map[string]map[string]string // of a job: kind by the event's id
}

func (e *events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id, job := r.Header.Get("Ce-Id"), r.Header.Get("Ce-Subject")
	if !e.refused[id] && len(e.refused)%3 == 0 {
		e.refused[id] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	e.refused[id] = true
	if e.kinds[job] == nil {
		e.kinds[job] = map[string]string{}
	}
	e.kinds[job][id] = strings.TrimPrefix(r.Header.Get("Ce-Type"), "dev.kubejobs.job.")
	w.WriteHeader(http.StatusAccepted)
}

// count is how many events of a kind were taken of a job, each counted once.
func (e *events) count(job, kind string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	count := 0
	for _, taken := range e.kinds[job] {
		if taken == kind {
			count++
		}
	}
	return count
}

// The server is killed while jobs begin and end, and the receiver refuses
// events now and then: it hears of each job's beginning and end all the same,
// and by their ids once.
func TestNoEventIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	const some = 60
	taken := &events{refused: map[string]bool{}, kinds: map[string]map[string]string{}}
	sink := httptest.NewServer(taken)
	t.Cleanup(sink.Close)
	state, queue := redistest.Start(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t),
		"EVENTS_SINK="+sink.URL, "EVENTS_SAMPLES=false")
	fillQueue(t, queue, 1000)
	for job := range some {
		s.startJob(jobID(job), queue, 3600)
	}
	s.tickEach(some)
	if err := queue.Client().Rename(t.Context(), "job", "job:results").Err(); err != nil {
		t.Fatal(err)
	}
	s.tickEach(some)
	proctest.Until(t, "every event is taken", func() bool {
		if status, text, err := s.call(t.Context(), http.MethodPost, "/sweep", nil); err != nil || status != http.StatusOK {
			t.Fatalf("sweep: %d %s %v", status, text, err)
		}
		for job := range some {
			if taken.count(jobID(job), "started") == 0 || taken.count(jobID(job), "finished") == 0 {
				return false
			}
		}
		return true
	})
	for job := range some {
		for _, kind := range []string{"started", "finished"} {
			if got := taken.count(jobID(job), kind); got != 1 {
				t.Errorf("%s: %d events %s, want 1", jobID(job), got, kind)
			}
		}
	}
}

// tickEach sends each job a tick until it is acknowledged, and kills the server
// twice meanwhile.
func (s *server) tickEach(jobs int) {
	s.t.Helper()
	work := make(chan tick)
	group, ctx := errgroup.WithContext(s.t.Context())
	for range 8 {
		group.Go(func() error {
			for next := range work {
				if !s.sendTwins(ctx, next, false) {
					return fmt.Errorf("tick %s of %s was not acknowledged", next.id, next.job)
				}
			}
			return nil
		})
	}
	for i := range jobs {
		if i%(jobs/3) == jobs/6 && i < jobs*2/3 {
			s.Respawn()
		}
		select {
		case work <- newTick(jobID(i)):
		case <-ctx.Done():
		}
	}
	close(work)
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
}
