package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"knative.dev/pkg/network/handlers"
)

// Drainer serves requests. Once Drain is called, probes fail and answers close
// their connections.
type Drainer struct {
	inner *handlers.Drainer

	mu       sync.Mutex
	draining bool
	inFlight int
	idle     chan struct{} // closed when inFlight reaches 0; nil if nobody waits
}

// NewDrainer returns a Drainer of next. probes answers the kubelet's probes until
// Drain is called. quiet is how long no request must arrive before Drain returns.
func NewDrainer(next, probes http.Handler, quiet time.Duration) *Drainer {
	d := &Drainer{}
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

// Drain returns once no request has arrived for the quiet period and none is in
// flight, or when ctx ends.
func (d *Drainer) Drain(ctx context.Context) error {
	d.mu.Lock()
	d.draining = true
	d.mu.Unlock()
	quiet := make(chan struct{})
	go func() {
		d.inner.Drain()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-d.whenIdle():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whenIdle returns a channel that is closed once no request is in flight.
func (d *Drainer) whenIdle() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inFlight == 0 {
		idle := make(chan struct{})
		close(idle)
		return idle
	}
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	return d.idle
}

func (d *Drainer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.enter() {
			w.Header().Set("Connection", "close")
		}
		defer d.leave()
		next.ServeHTTP(w, r)
	})
}

// enter counts a request that arrives, and reports whether the server is draining.
func (d *Drainer) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inFlight++
	return d.draining
}

func (d *Drainer) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inFlight--
	if d.inFlight == 0 && d.idle != nil {
		close(d.idle)
		d.idle = nil
	}
}
