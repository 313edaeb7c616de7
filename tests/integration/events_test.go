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

// receiver receives job events. It refuses a third of them once.
type receiver struct {
	mu    sync.Mutex
	seen  map[string]bool              // by the id of the event
	kinds map[string]map[string]string // by job and the id of the event
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, job := request.Header.Get("Ce-Id"), request.Header.Get("Ce-Subject")
	if !r.seen[id] && len(r.seen)%3 == 0 {
		r.seen[id] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.seen[id] = true
	if r.kinds[job] == nil {
		r.kinds[job] = map[string]string{}
	}
	r.kinds[job][id] = strings.TrimPrefix(request.Header.Get("Ce-Type"), "dev.kubejobs.job.")
	w.WriteHeader(http.StatusAccepted)
}

// count returns the number of different events of a kind that were accepted for a job.
func (r *receiver) count(job, kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := 0
	for _, accepted := range r.kinds[job] {
		if accepted == kind {
			count++
		}
	}
	return count
}

// The server is killed while jobs start and end, and the receiver refuses some events
// once. Nevertheless it gets the start and the end of each job, with one id each.
func TestNoEventIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	const some = 60
	received := &receiver{seen: map[string]bool{}, kinds: map[string]map[string]string{}}
	sink := httptest.NewServer(received)
	t.Cleanup(sink.Close)
	state, queue := redistest.StartState(t), redistest.Start(t)
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
	proctest.Until(t, "every event is received", func() bool {
		if status, text, err := s.call(t.Context(), http.MethodPost, "/sweep", nil); err != nil || status != http.StatusOK {
			t.Fatalf("sweep: %d %s %v", status, text, err)
		}
		for job := range some {
			if received.count(jobID(job), "started") == 0 || received.count(jobID(job), "finished") == 0 {
				return false
			}
		}
		return true
	})
	for job := range some {
		for _, kind := range []string{"started", "finished"} {
			if got := received.count(jobID(job), kind); got != 1 {
				t.Errorf("%s: got %d events %s, want 1", jobID(job), got, kind)
			}
		}
	}
}

// tickEach sends a tick to each job until it is acknowledged, and kills the server
// twice in that time.
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
