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
	inner    *handlers.Drainer
	inFlight sync.WaitGroup
	mu       sync.Mutex
	draining bool
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
	done := make(chan struct{})
	go func() {
		d.inner.Drain()
		d.inFlight.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Drainer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.inFlight.Add(1)
		defer d.inFlight.Done()
		if d.Draining() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
