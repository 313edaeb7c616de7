package publishers_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// receiver is the CloudEvents SDK's own receiver on a loopback port.
type receiver struct {
	t    *testing.T
	addr string
	stop func()

	mu     sync.Mutex
	status int // of its answers; 0: 202
	events []cloudevents.Event
}

// newReceiver starts a receiver that ends with the test.
func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, addr: "127.0.0.1:0"}
	r.open()
	t.Cleanup(func() { r.stop() })
	return r
}

// open starts to listen, on the same address as before.
func (r *receiver) open() {
	r.t.Helper()
	listener, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.addr = listener.Addr().String()
	client, err := cloudevents.NewClientHTTP(cloudevents.WithListener(listener))
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := client.StartReceiver(ctx, r.receive); err != nil {
			r.t.Errorf("receiver: %v", err)
		}
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
}

func (r *receiver) receive(event cloudevents.Event) cloudevents.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status != 0 {
		return cloudevents.NewHTTPResult(r.status, "as the test says")
	}
	if err := event.Validate(); err != nil {
		r.t.Errorf("received an invalid event: %v", err)
	}
	r.events = append(r.events, event)
	return cloudevents.NewHTTPResult(http.StatusAccepted, "accepted")
}

// answer sets the status of the next answers; 0 accepts events again.
func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// got returns the accepted events of a job, in order.
func (r *receiver) got(id string) []cloudevents.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.events), func(e cloudevents.Event) bool { return e.Subject() != id })
}

// kinds returns the kinds of the accepted events of a job, without samples.
func (r *receiver) kinds(id string) string {
	var kinds []string
	for _, e := range r.got(id) {
		if kind := strings.TrimPrefix(e.Type(), "dev.kubejobs.job."); kind != "sample" {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " ")
}
