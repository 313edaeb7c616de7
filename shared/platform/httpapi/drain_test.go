package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/platform/httpapi"
)

// instant is a quiet period that passes at once.
const instant = time.Nanosecond

func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// gate holds a request in flight. It closes entered when the request arrives, and
// answers when leave is closed.
type gate struct{ entered, leave chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}), make(chan struct{})} }

func (g *gate) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	close(g.entered)
	<-g.leave
	w.WriteHeader(http.StatusOK)
}

// get returns the answer to a request with a User-Agent.
func get(t *testing.T, handler http.Handler, agent string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring/a", http.NoBody)
	r.Header.Set("User-Agent", agent)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestDrainerServes(t *testing.T) {
	t.Parallel()
	const next, probes = 201, 202
	tests := map[string]struct {
		agent          string
		before, during int
		connection     string // of the answer while draining
	}{
		"a request":       {"python-requests/2.28.1", next, next, "close"},
		"a kubelet probe": {"kube-probe/1.30", probes, http.StatusServiceUnavailable, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := httpapi.NewDrainer(status(next), status(probes), instant)
			w := get(t, d, tt.agent)
			if w.Code != tt.before || w.Header().Get("Connection") != "" || d.Draining() {
				t.Errorf("before: status %d, header %v, Draining %t, want %d", w.Code, w.Header(), d.Draining(), tt.before)
			}
			if err := d.Drain(t.Context()); err != nil {
				t.Fatalf("Drain: %v", err)
			}
			w = get(t, d, tt.agent)
			if got := w.Header().Get("Connection"); w.Code != tt.during || got != tt.connection || !d.Draining() {
				t.Errorf("draining: status %d, Connection %q, Draining %t, want %d, %q",
					w.Code, got, d.Draining(), tt.during, tt.connection)
			}
		})
	}
}

func TestDrainWaitsForARequestInFlight(t *testing.T) {
	t.Parallel()
	g := newGate()
	d := httpapi.NewDrainer(g, status(http.StatusOK), instant)
	served := make(chan int, 1)
	go func() { served <- get(t, d, "").Code }()
	<-g.entered

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Drain(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Drain with a request in flight = %v, want %v", err, context.Canceled)
	}
	drained := make(chan error, 1)
	go func() { drained <- d.Drain(t.Context()) }()
	select {
	case err := <-drained:
		t.Errorf("Drain = %v with a request in flight", err)
	case <-time.After(20 * time.Millisecond): // far longer than the quiet period
	}
	close(g.leave)
	if err := <-drained; err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	if got := <-served; got != http.StatusOK {
		t.Errorf("the request in flight got %d, want 200", got)
	}
}

// Requests still arrive while an instance drains, because routers learn of it late.
// Each is served, and Drain returns.
func TestDrainWhileRequestsArrive(t *testing.T) {
	t.Parallel()
	for range 50 {
		d := httpapi.NewDrainer(status(http.StatusOK), status(http.StatusOK), instant)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for range 200 {
					if got := get(t, d, "").Code; got != http.StatusOK {
						t.Errorf("a request while draining got %d, want 200", got)
					}
				}
			})
		}
		if err := d.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		senders.Wait()
	}
}

func TestDrainTwice(t *testing.T) {
	t.Parallel()
	d := httpapi.NewDrainer(status(http.StatusOK), status(http.StatusOK), instant)
	for range 2 {
		if err := d.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
	}
}

// Clients that poll leave no quiet period, and with many of them some request is in
// flight at any time: Drain waits only for the requests that were there.
func TestDrainWhileClientsPoll(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(30 * time.Millisecond) })
	d := httpapi.NewDrainer(next, status(http.StatusOK), 500*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	drained := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-drained:
					return
				default:
					get(t, d, "")
				}
			}
		})
	}
	if err := d.Drain(ctx); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	close(drained)
	clients.Wait()
}
