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
	status int // what it answers; 0 is 202
	events []cloudevents.Event
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, addr: "127.0.0.1:0"}
	r.open()
	t.Cleanup(func() { r.stop() })
	return r
}

// open listens, at the address that it had before.
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
		return cloudevents.NewHTTPResult(r.status, "as told")
	}
	if err := event.Validate(); err != nil {
		r.t.Errorf("received an event that is none: %v", err)
	}
	r.events = append(r.events, event)
	return cloudevents.NewHTTPResult(http.StatusAccepted, "taken")
}

// answer makes it answer a status; 0 takes events again.
func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// got is the events taken of a job, in order.
func (r *receiver) got(id string) []cloudevents.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.events), func(e cloudevents.Event) bool { return e.Subject() != id })
}

// kinds is those of the events taken of a job, without its samples.
func (r *receiver) kinds(id string) string {
	var kinds []string
	for _, e := range r.got(id) {
		if kind := strings.TrimPrefix(e.Type(), "dev.kubejobs.job."); kind != "sample" {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " ")
}
