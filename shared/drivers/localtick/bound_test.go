package localtick_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/drivers/localtick"
)

// crowd is a sink that counts the requests under way, of all jobs and of each.
type crowd struct {
	*httptest.Server

	mu          sync.Mutex
	underWay    map[string]int
	most, total int // under way at once: of one job, of all
}

func (c *crowd) enter(source string, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.underWay[source] += by
	c.most = max(c.most, c.underWay[source])
	sum := 0
	for _, n := range c.underWay {
		sum += n
	}
	c.total = max(c.total, sum)
	if c.underWay[source] == 0 {
		delete(c.underWay, source)
	}
}

// newCrowd returns a sink that answers with answer.
func newCrowd(t *testing.T, answer http.HandlerFunc) *crowd {
	t.Helper()
	c := &crowd{underWay: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices the end of the caller after that
		source := r.Header.Get("Ce-Source")
		c.enter(source, 1)
		defer c.enter(source, -1)
		answer(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// Whatever the sink does, a job has at most one tick under way, and all jobs together
// have a bounded number of requests. The ticks beyond that are counted, and neither
// goroutines nor memory grow with them.
func TestTicksUnderWayAreBounded(t *testing.T) {
	const jobs, senders = 2500, 50
	over := make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}
	tests := map[string]http.HandlerFunc{
		"hangs":   hang,
		"refuses": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, answer)
			lost := make(chan localtick.Reason, 100*jobs)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			scheduler := newScheduler(ctx, t, localtick.Options{
				Sink: c.URL, Senders: senders, Lost: func(reason localtick.Reason) { lost <- reason },
			})
			for i := range jobs {
				schedule(t, scheduler, fmt.Sprintf("j%d", i), time.Second)
			}
			before := runtime.NumGoroutine()
			scheduler.Start()
			patient, end := context.WithTimeout(t.Context(), patience)
			defer end()
			for n := 0; n < jobs; { // another tick of each job, or several of some
				select {
				case reason := <-lost:
					if reason == localtick.ReasonBusy {
						n++
					}
				case <-patient.Done():
					t.Fatalf("%d ticks were lost, want %d", n, jobs)
				}
			}
			// A tick that waits takes a goroutine of cron's and two of its request's timeout,
			// a request under way some more, here and in the sink.
			if grown := runtime.NumGoroutine() - before; grown > 4*jobs+20*senders {
				t.Errorf("%d more goroutines with %d jobs and %d senders", grown, jobs, senders)
			}
			c.mu.Lock() // before the end: then the sink may learn of one request's end after another begins
			defer c.mu.Unlock()
			if c.most != 1 || c.total > senders {
				t.Errorf("at once, one job had %d requests under way and all had %d, want 1 and at most %d", c.most, c.total, senders)
			}
		})
	}
	close(over)
}

// A job whose ticks hang does not delay those of others.
func TestOneJobsTicksHang(t *testing.T) {
	t.Parallel()
	var others atomic.Int32
	enough := make(chan struct{})
	c := newCrowd(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Ce-Source") != "/apis/v1/namespaces/default/pingsources/hangs" {
			if others.Add(1) == 3 {
				close(enough)
			}
			return
		}
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	scheduler := newScheduler(ctx, t, localtick.Options{Sink: c.URL, Senders: 2})
	schedule(t, scheduler, "hangs", time.Second)
	schedule(t, scheduler, "goes-on", time.Second)
	scheduler.Start()
	select {
	case <-enough:
	case <-time.After(patience):
		t.Error("the other job gets no ticks")
	}
	cancel()
}
