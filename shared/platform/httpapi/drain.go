package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"knative.dev/pkg/network/handlers"
)

// Drainer serves until it is told to drain: from then on probes fail, and
// answers close their connections.
type Drainer struct {
	inner *handlers.Drainer

	mu       sync.Mutex
	draining bool
	inFlight int
	idle     chan struct{} // closed when inFlight reaches 0; nil if nobody waits
}

// NewDrainer drains next. probes answers the kubelet's probes before. quiet is
// how long no request must come before Drain is content.
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

// Draining tells whether Drain was called.
func (d *Drainer) Draining() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.draining
}

// Drain returns when no request has come for the quiet period and none is in
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

// whenIdle is closed when no request is in flight.
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

// enter counts a request in and tells whether the server drains.
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
