package localtick_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds a wait for ticks, which come each second.
const patience = 30 * time.Second

// attempt is one request that a sink received: the job, the tick's id, and the
// time in it.
type attempt struct {
	job, id, sent string
	request       *http.Request
	body          string
}

// sink is a server that records its requests. It answers with the status that is
// set for the job, or with 200.
type sink struct {
	*httptest.Server

	received chan struct{} // gets one value for each attempt
	mu       sync.Mutex
	attempts []attempt
}

func newSink(t *testing.T, statuses map[string]int) *sink {
	t.Helper()
	s := &sink{received: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the tests compare the body
		source := r.Header.Get("Ce-Source")
		job := source[strings.LastIndex(source, "/")+1:]
		s.mu.Lock()
		s.attempts = append(s.attempts, attempt{job, r.Header.Get("Ce-Id"), r.Header.Get("Ce-Time"), r, string(body)})
		s.mu.Unlock()
		s.received <- struct{}{}
		if status, ok := statuses[job]; ok {
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// of returns the attempts for a job so far.
func (s *sink) of(job string) []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []attempt
	for _, a := range s.attempts {
		if a.job == job {
			found = append(found, a)
		}
	}
	return found
}

// sent returns the times in the attempts for a job, by the tick's id.
func (s *sink) sent(job string) map[string][]string {
	times := map[string][]string{}
	for _, a := range s.of(job) {
		times[a.id] = append(times[a.id], a.sent)
	}
	return times
}

// await waits until the sink has received n attempts for a job.
func (s *sink) await(t *testing.T, job string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(s.of(job)) < n {
		select {
		case <-s.received:
		case <-ctx.Done():
			t.Fatalf("%d attempts for %s after %v, want %d", len(s.of(job)), job, patience, n)
		}
	}
}
