package publish_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

var (
	errUnreachable = failure.Unavailable("unreachable", nil)
	errRefused     = errors.New("refused")
)

// flaky is a publisher whose faults the test sets: those of a real one cannot be
// timed.
type flaky struct {
	name string

	mu    sync.Mutex
	calls int
	taken []int64 // samples' times
	fault func(call int, n monitor.Notice) (int, error)
	hang  bool // until the context ends
}

func (p *flaky) Name() string { return p.name }

func (p *flaky) Target(n monitor.Notice) string { return n.Spec.Queue.Host }

func (p *flaky) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	p.mu.Lock()
	p.calls++
	call, fault, hang := p.calls, p.fault, p.hang
	p.mu.Unlock()
	if hang {
		<-ctx.Done()
		return 0, failure.Unavailable("no answer", ctx.Err())
	}
	if fault != nil {
		if taken, err := fault(call, n); err != nil {
			return taken, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n.Sample != nil {
		p.taken = append(p.taken, n.Sample.At)
	}
	return len(n.Events), nil
}

func (p *flaky) set(fault func(int, monitor.Notice) (int, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

func (p *flaky) got() (calls int, taken map[int64]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken = map[int64]int{}
	for _, at := range p.taken {
		taken[at]++
	}
	return p.calls, taken
}

func always(err error) func(int, monitor.Notice) (int, error) {
	return func(int, monitor.Notice) (int, error) { return 0, err }
}

// notice returns a notice with a sample for a destination.
func notice(target string, at int64, events ...job.Event) monitor.Notice {
	n := monitor.Notice{Events: events, Sample: newSample(at)}
	n.Spec.ID, n.Spec.Queue.Host = "a", target
	return n
}

func newFan(t *testing.T, o publish.Options, entries ...publish.Entry) *publish.Fan {
	t.Helper()
	if o.Rest == 0 {
		o.Rest = time.Hour
	}
	f := publish.NewFan(o, slog.New(slog.DiscardHandler), entries...)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f.Close(ctx)
	})
	return f
}

func outcomes(deliveries []monitor.Delivery) map[string]monitor.DeliveryOutcome {
	got := map[string]monitor.DeliveryOutcome{}
	for _, d := range deliveries {
		got[d.Publisher] = d.Outcome
	}
	return got
}

func TestPublishersFailIndependently(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		bad  *flaky
		want monitor.DeliveryOutcome
	}{
		"one that refuses":        {&flaky{fault: always(errRefused)}, monitor.DeliveryFailed},
		"one that is unreachable": {&flaky{fault: always(errUnreachable)}, monitor.DeliveryFailed},
		"one that hangs":          {&flaky{hang: true}, monitor.DeliveryFailed},
		"one that panics": {&flaky{fault: func(int, monitor.Notice) (int, error) {
			panic("bug")
		}}, monitor.DeliveryFailed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.bad.name = "bad"
			good, queued := &flaky{name: "good"}, &flaky{name: "queued"}
			f := newFan(t, publish.Options{Patience: 100 * time.Millisecond},
				publish.Entry{Publisher: test.bad}, publish.Entry{Publisher: good}, publish.Entry{Publisher: queued, Queue: 8})
			for at := range int64(5) {
				f.Broadcast(t.Context(), notice("x", at))
			}
			got := outcomes(f.Broadcast(t.Context(), notice("x", 5)))
			want := map[string]monitor.DeliveryOutcome{
				"bad": monitor.DeliverySkipped, "good": monitor.DeliveryDone, "queued": monitor.DeliveryDone,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, p := range []*flaky{good, queued} {
				if _, taken := p.got(); len(taken) != 6 {
					t.Errorf("%s got %v, want six samples", p.name, taken)
				}
			}
			if calls, _ := test.bad.got(); calls != 3 {
				t.Errorf("the bad one was called %d times, want 3: then its circuit is open", calls)
			}
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

// What a destination does not take waits, and is sent once it does; each once.
func TestQueueOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{Rest: time.Millisecond}, publish.Entry{Publisher: p, Queue: 100})
	for at := range int64(20) {
		d := f.Broadcast(t.Context(), notice("x", at))
		if d[0].Outcome != monitor.DeliveryWaiting || (at > 0 && d[0].Err == nil) {
			t.Fatalf("sample %d: %+v, want waiting with the cause", at, d[0])
		}
	}
	if got := f.Circuits(); got[0].Queued != 20 {
		t.Errorf("queued %d, want 20", got[0].Queued)
	}
	p.set(nil)
	at := int64(20)
	proctest.Until(t, "the queue to be empty", func() bool {
		f.Broadcast(t.Context(), notice("x", at))
		at++
		return f.Circuits()[0].Queued == 0
	})
	proctest.Until(t, "every sample", func() bool { _, taken := p.got(); return len(taken) == int(at) })
	for sent, times := range func() map[int64]int { _, taken := p.got(); return taken }() {
		if times != 1 {
			t.Errorf("sample %d was taken %d times, want 1", sent, times)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dropped := 0
	p := &flaky{name: "p", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{Observe: func(_ string, o monitor.DeliveryOutcome) {
		mu.Lock()
		defer mu.Unlock()
		if o == monitor.DeliveryDropped {
			dropped++
		}
	}}, publish.Entry{Publisher: p, Queue: 10})
	for at := range int64(25) {
		f.Broadcast(t.Context(), notice("x", at))
	}
	if got := f.Circuits()[0]; got.Queued != 10 || got.Open != 1 {
		t.Errorf("got %+v, want 10 queued behind an open circuit", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if dropped != 15 {
		t.Errorf("%d dropped, want 15", dropped)
	}
}

// An open circuit lets nothing through for a while, then one notice tries.
func TestCircuit(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: always(errRefused)}
	f := newFan(t, publish.Options{Rest: 50 * time.Millisecond}, publish.Entry{Publisher: p})
	for at := range int64(3) {
		f.Broadcast(t.Context(), notice("x", at))
	}
	d := f.Broadcast(t.Context(), notice("x", 3))[0]
	if d.Outcome != monitor.DeliverySkipped || !errors.Is(d.Err, errRefused) {
		t.Errorf("got %+v, want skipped for the last error", d)
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
			return 0, errRefused
		}
		return 0, nil
	}}
	f := newFan(t, publish.Options{Targets: 4}, publish.Entry{Publisher: p, Queue: 4})
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
	if got := f.Circuits()[0]; got.Open != 0 {
		t.Errorf("got %+v, want the old destinations forgotten", got)
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

func TestCloseSendsWhatWaits(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: func(call int, _ monitor.Notice) (int, error) {
		if call <= 3 { // then its circuit is open
			return 0, errUnreachable
		}
		return 0, nil
	}}
	f := publish.NewFan(publish.Options{}, slog.New(slog.DiscardHandler), publish.Entry{Publisher: p, Queue: 4})
	f.Broadcast(t.Context(), notice("x", 7))
	if _, taken := p.got(); len(taken) != 0 {
		t.Fatalf("taken %v, want none yet", taken)
	}
	f.Close(t.Context())
	if _, taken := p.got(); taken[7] != 1 {
		t.Errorf("taken %v, want the sample", taken)
	}
}

func TestCloseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", hang: true}
	f := publish.NewFan(publish.Options{Patience: time.Millisecond, Deadline: time.Minute},
		slog.New(slog.DiscardHandler), publish.Entry{Publisher: p, Queue: 4})
	f.Broadcast(t.Context(), notice("x", 7))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Close(ctx) // returns
}

// Many ticks at once and a destination that fails now and then: each sample is
// taken once.
func TestBroadcastFromEverywhere(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: func(call int, _ monitor.Notice) (int, error) {
		if call%5 == 0 {
			return 0, errUnreachable
		}
		return 0, nil
	}}
	f := newFan(t, publish.Options{Rest: time.Millisecond}, publish.Entry{Publisher: p, Queue: 1000})
	var wait sync.WaitGroup
	for worker := range int64(8) {
		wait.Go(func() {
			for i := range int64(50) {
				f.Broadcast(t.Context(), notice("x", worker*50+i))
			}
		})
	}
	wait.Wait()
	f.Close(t.Context())
	_, taken := p.got()
	for at := range int64(400) {
		if taken[at] != 1 {
			t.Fatalf("sample %d was taken %d times, want 1", at, taken[at])
		}
	}
}

// What waits for a destination that recovered is sent when the pause is over,
// without another notice.
func TestQueueIsSentWithoutAnotherNotice(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{Rest: 20 * time.Millisecond}, publish.Entry{Publisher: p, Queue: 10})
	for at := range int64(5) {
		f.Broadcast(t.Context(), notice("x", at))
	}
	p.set(nil)
	proctest.Until(t, "all five samples", func() bool { _, taken := p.got(); return len(taken) == 5 })
	proctest.Until(t, "an empty queue", func() bool { return f.Circuits()[0] == monitor.Circuit{Publisher: "p"} })
}

// A notice that is on its way while its destination is forgotten is counted,
// whether it arrives or not.
func TestForgottenNoticesAreCounted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want monitor.DeliveryOutcome
	}{
		"it arrives": {nil, monitor.DeliveryDone},
		"it fails":   {errUnreachable, monitor.DeliveryDropped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release, outcomes := make(chan struct{}), make(chan monitor.DeliveryOutcome, 10)
			p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) {
				if n.Spec.Queue.Host != "old" {
					return 0, nil
				}
				<-release
				return 0, tt.err
			}}
			f := newFan(t, publish.Options{
				Patience: time.Millisecond, Targets: 1,
				Observe: func(_ string, o monitor.DeliveryOutcome) { outcomes <- o },
			}, publish.Entry{Publisher: p, Queue: 4})
			f.Broadcast(t.Context(), notice("old", 1))
			proctest.Until(t, "the notice to be on its way", func() bool { calls, _ := p.got(); return calls == 1 })
			f.Broadcast(t.Context(), notice("new", 2)) // the old destination is forgotten
			if got := <-outcomes; got != monitor.DeliveryDone {
				t.Fatalf("the new one: %s, want delivered", got)
			}
			close(release)
			for got := range outcomes {
				if got == tt.want {
					return
				}
				if got != monitor.DeliveryFailed {
					t.Fatalf("the old one: %s, want %s", got, tt.want)
				}
			}
		})
	}
}

// A queue keeps no job's state in memory, with its outbox.
func TestQueueHoldsNoState(t *testing.T) {
	t.Parallel()
	seen := make(chan monitor.Notice, 1)
	p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) { seen <- n; return 0, nil }}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: 4})
	n := notice("x", 1, job.Event{Sequence: 1})
	n.State.Outbox = n.Events
	f.Broadcast(t.Context(), n)
	got := <-seen
	if got.Sample == nil || got.Spec.ID != "a" || got.Events != nil || got.State.Outbox != nil {
		t.Errorf("the publisher got %+v, want the spec and the sample only", got)
	}
}
