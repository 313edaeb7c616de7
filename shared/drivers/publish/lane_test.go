package publish_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// Notices wait while a destination is unreachable, and each is sent once when it
// is back.
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

// What waits for a destination that recovered is sent when the pause is over,
// without another notice. Then nothing runs: else the bubble would not end.
func TestQueueIsSentWithoutAnotherNotice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &flaky{name: "p", fault: always(errUnreachable)}
		f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: 10})
		for at := range int64(5) {
			f.Broadcast(t.Context(), notice("x", at))
		}
		arrived := make(chan int64, 5)
		p.set(func(_ int, n monitor.Notice) (int, error) { arrived <- n.Sample.At; return 0, nil })
		for range 5 {
			<-arrived
		}
		synctest.Wait()
		if _, taken := p.got(); len(taken) != 5 {
			t.Errorf("taken %v, want each of the five samples once", taken)
		}
		if got := f.Circuits()[0]; got != (monitor.Circuit{Publisher: "p"}) {
			t.Errorf("got %+v, want an empty queue and a closed circuit", got)
		}
	})
}

// A notice that hangs does not delay the ones behind it.
func TestNoticesOfADestinationAreIndependent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) {
			if n.Sample.At == 0 {
				<-release
			}
			return 0, nil
		}}
		f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: 8})
		if d := f.Broadcast(t.Context(), notice("x", 0))[0]; d.Outcome != monitor.DeliveryWaiting {
			t.Errorf("the one that hangs: %+v, want waiting", d)
		}
		for at := range int64(20) {
			if d := f.Broadcast(t.Context(), notice("x", 1+at))[0]; d.Outcome != monitor.DeliveryDone {
				t.Errorf("sample %d: %+v, want delivered", 1+at, d)
			}
		}
		close(release)
	})
}

// No more notices than Workers are sent to one destination at once, and one only
// while the circuit is half-open.
func TestWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		started := make(chan struct{}, 10)
		p := &flaky{name: "p", fault: always(errUnreachable)}
		f := newFan(t, publish.Options{Workers: 3, Failures: 1, Patience: time.Second}, publish.Entry{Publisher: p, Queue: 10})
		for at := range int64(8) {
			f.Broadcast(t.Context(), notice("x", at))
		}
		before, _ := p.got()
		p.set(func(int, monitor.Notice) (int, error) { started <- struct{}{}; <-release; return 0, nil })
		<-started // when the pause is over
		synctest.Wait()
		if calls, _ := p.got(); calls != before+1 {
			t.Errorf("%d notices try a half-open circuit, want 1", calls-before)
		}
		release <- struct{}{}
		synctest.Wait()
		if calls, _ := p.got(); calls != before+4 {
			t.Errorf("%d notices are on their way, want 3", calls-before-1)
		}
		close(release)
	})
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
