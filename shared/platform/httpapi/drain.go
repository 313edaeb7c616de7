package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"knative.dev/pkg/network/handlers"

	"kubejobs/shared/core/failure"
)

// Drainer serves requests. Once Drain is called, probes fail and answers close
// their connections.
type Drainer struct {
	inner *handlers.Drainer

	mu       sync.Mutex
	draining bool
	first    *batch // the requests that Drain waits for
	late     *batch // those that arrive after its wait for a quiet period
	current  *batch // one of the two: that of a request that arrives
}

// NewDrainer returns a Drainer of next. probes answers the kubelet's probes until
// Drain is called. quiet is how long no request must arrive before Drain returns.
func NewDrainer(next, probes http.Handler, quiet time.Duration) *Drainer {
	d := &Drainer{first: newBatch(), late: newBatch()}
	d.current = d.first
	d.inner = &handlers.Drainer{
		Inner:       d.count(next),
		HealthCheck: probes.ServeHTTP,
		QuietPeriod: quiet,
	}
	return d
}

func (d *Drainer) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.inner.ServeHTTP(w, r) }

// Draining reports whether Drain was called.
func (d *Drainer) Draining() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.draining
}

// quietLimit bounds the wait for a quiet period: clients that poll leave none.
const quietLimit = 1500 * time.Millisecond

// Drain returns once no request has arrived for the quiet period, or after quietLimit,
// and all requests that arrived before have been answered. Its error is that of ctx if
// one of them has not when ctx ends.
func (d *Drainer) Drain(ctx context.Context) error {
	d.mu.Lock()
	d.draining = true
	d.mu.Unlock()
	quiet := make(chan struct{})
	go func() {
		defer failure.Rescue(func(error) {}) // quietLimit ends the wait
		d.inner.Drain()
		close(quiet)
	}()
	limit := time.NewTimer(quietLimit)
	defer limit.Stop()
	select {
	case <-quiet:
	case <-limit.C:
	case <-ctx.Done():
	}
	answered := d.whenAnswered()
	select {
	case <-answered:
		return nil
	default:
	}
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whenAnswered returns a channel that is closed once every request that arrived
// before the first call is answered. Later ones do not count: with clients that poll,
// some request may be in flight at any time.
func (d *Drainer) whenAnswered() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current != d.late {
		d.current = d.late
		d.first.leave()
	}
	return d.first.answered
}

func (d *Drainer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		batch, draining := d.enter()
		if draining {
			w.Header().Set("Connection", "close")
		}
		defer d.leave(batch)
		next.ServeHTTP(w, r)
	})
}

// enter counts a request that arrives. It returns its batch and whether the server
// is draining.
func (d *Drainer) enter() (*batch, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.current.inFlight++
	return d.current, d.draining
}

func (d *Drainer) leave(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b.leave()
}

// batch is a set of requests.
type batch struct {
	inFlight int           // and 1 more while requests may be added
	answered chan struct{} // closed when inFlight reaches 0
}

func newBatch() *batch { return &batch{inFlight: 1, answered: make(chan struct{})} }

func (b *batch) leave() {
	b.inFlight--
	if b.inFlight == 0 {
		close(b.answered)
	}
}
