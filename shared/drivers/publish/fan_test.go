package publish_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

func TestPublishersFailIndependently(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		bad   *flaky
		want  monitor.DeliveryOutcome // of the sixth notice; that of the first is failed
		calls int                     // for six notices
	}{
		"one that refuses":        {&flaky{fault: always(errRefused)}, monitor.DeliveryFailed, 6},
		"one that is unreachable": {&flaky{fault: always(errUnreachable)}, monitor.DeliverySkipped, 3},
		"one that hangs":          {&flaky{hang: true}, monitor.DeliverySkipped, 3},
		"one that panics": {&flaky{fault: func(int, monitor.Notice) (int, error) {
			panic("bug")
		}}, monitor.DeliveryFailed, 6},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.bad.name = "bad"
				good, queued := &flaky{name: "good"}, &flaky{name: "queued"}
				f := newFan(t, publish.Options{Patience: 100 * time.Millisecond},
					publish.Entry{Publisher: test.bad}, publish.Entry{Publisher: good}, publish.Entry{Publisher: queued, Queue: 8})
				first := outcomes(f.Broadcast(t.Context(), notice("x", 0)))["bad"]
				if first != monitor.DeliveryFailed {
					t.Errorf("the bad one at first: %s, want failed", first)
				}
				for at := range int64(4) {
					f.Broadcast(t.Context(), notice("x", 1+at))
				}
				got := outcomes(f.Broadcast(t.Context(), notice("x", 5)))
				want := map[string]monitor.DeliveryOutcome{
					"bad": test.want, "good": monitor.DeliveryDone, "queued": monitor.DeliveryDone,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				for _, p := range []*flaky{good, queued} {
					if _, taken := p.got(); len(taken) != 6 {
						t.Errorf("%s got %v, want six samples", p.name, taken)
					}
				}
				if calls, _ := test.bad.got(); calls != test.calls {
					t.Errorf("the bad one was called %d times, want %d: the circuit of one that refuses stays closed", calls, test.calls)
				}
			})
		})
	}
}

// A publisher that ignores its deadline delays nobody.
func TestBroadcastWaitsForNobody(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	deaf := &flaky{name: "deaf", fault: func(int, monitor.Notice) (int, error) { <-release; return 0, nil }}
	f := newFan(t, publish.Options{Patience: 20 * time.Millisecond}, publish.Entry{Publisher: deaf}, publish.Entry{
		Publisher: deaf, Queue: 2,
	})
	for _, d := range f.Broadcast(t.Context(), notice("x", 1)) {
		if d.Outcome != monitor.DeliveryWaiting || d.Err != nil {
			t.Errorf("got %+v, want waiting", d)
		}
	}
	close(release)
	proctest.Until(t, "delivery after the broadcast", func() bool { _, taken := deaf.got(); return taken[1] == 2 })
}

// An open circuit lets nothing through for a while, then one notice tries.
func TestCircuit(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{Rest: 50 * time.Millisecond}, publish.Entry{Publisher: p})
	for at := range int64(3) {
		f.Broadcast(t.Context(), notice("x", at))
	}
	d := f.Broadcast(t.Context(), notice("x", 3))[0]
	if d.Outcome != monitor.DeliverySkipped || !errors.Is(d.Err, errUnreachable) {
		t.Errorf("got %+v, want skipped because of the last error", d)
	}
	p.set(nil)
	proctest.Until(t, "the circuit to close", func() bool {
		return f.Broadcast(t.Context(), notice("x", 4))[0].Outcome == monitor.DeliveryDone
	})
	if got := f.Circuits()[0].Open; got != 0 {
		t.Errorf("%d circuits open, want 0", got)
	}
}

func TestDestinationsFailIndependently(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) {
		if n.Spec.Queue.Host == "bad" {
			return 0, errUnreachable
		}
		return 0, nil
	}}
	f := newFan(t, publish.Options{Destinations: 4}, publish.Entry{Publisher: p, Queue: 4})
	for at := range int64(10) {
		f.Broadcast(t.Context(), notice("bad", at))
		if d := f.Broadcast(t.Context(), notice("good", at)); d[0].Outcome != monitor.DeliveryDone {
			t.Fatalf("sample %d: %+v, want delivered", at, d[0])
		}
	}
	if got := f.Circuits()[0].Open; got != 1 {
		t.Errorf("%d circuits open, want that of one destination", got)
	}
	for i := range 20 {
		f.Broadcast(t.Context(), notice(fmt.Sprint("t", i), 1))
	}
	if got := f.Circuits()[0]; got.Open != 1 || got.Queued != 4 {
		t.Errorf("got %+v, want only destinations forgotten for which nothing waits", got)
	}
	if d := f.Broadcast(t.Context(), notice("", 1)); len(d) != 0 {
		t.Errorf("a notice without a destination: %+v, want nothing", d)
	}
}

// Events that were acknowledged before a failure are neither sent again nor
// counted twice.
func TestEventsAreAcknowledgedInPart(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent [][]job.Event
	p := &flaky{name: "p", fault: func(call int, n monitor.Notice) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, n.Events)
		if call == 1 {
			return 2, errUnreachable
		}
		return 1, errRefused
	}}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p})
	events := []job.Event{{Sequence: 1}, {Sequence: 2}, {Sequence: 3}, {Sequence: 4}}
	d := f.Broadcast(t.Context(), notice("x", 1, events...))[0]
	if d.Acknowledged != 3 || d.Outcome != monitor.DeliveryFailed {
		t.Errorf("got %+v, want three acknowledged and a failure", d)
	}
	if diff := cmp.Diff([][]job.Event{events, events[2:]}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// A broadcast goes on when its caller has gone: the commit is made.
func TestBroadcastOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &flaky{name: "p"}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p})
	if d := f.Broadcast(ctx, notice("x", 1)); d[0].Outcome != monitor.DeliveryDone {
		t.Errorf("got %+v, want delivered", d[0])
	}
}

// Circuits sums over the destinations of each publisher.
func TestCircuits(t *testing.T) {
	t.Parallel()
	idle, failing := &flaky{name: "idle"}, &flaky{name: "failing", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: idle}, publish.Entry{Publisher: failing, Queue: 4})
	for i := range 3 {
		f.Broadcast(t.Context(), notice(fmt.Sprint("t", i), 1))
	}
	want := []monitor.Circuit{{Publisher: "idle"}, {Publisher: "failing", Open: 3, Queued: 3}}
	if diff := cmp.Diff(want, f.Circuits()); diff != "" {
		t.Errorf("circuits (-want +got):\n%s", diff)
	}
}
