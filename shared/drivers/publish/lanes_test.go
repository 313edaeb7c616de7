package publish_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// counts counts the outcomes that a Fan observes.
type counts struct {
	mu     sync.Mutex
	number map[monitor.DeliveryOutcome]int
}

func (c *counts) observe(_ string, o monitor.DeliveryOutcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.number == nil {
		c.number = map[monitor.DeliveryOutcome]int{}
	}
	c.number[o]++
}

func (c *counts) of(o monitor.DeliveryOutcome) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number[o]
}

// of returns a notice of a job for a destination.
func of(id job.ID, destination string, at int64) monitor.Notice {
	n := notice(destination, at)
	n.Spec.ID = id
	return n
}

// unless returns a fault for all destinations but one.
func unless(destination string, err error) fault {
	return func(_ int, n monitor.Notice) (int, error) {
		if n.Spec.Queue.Host == destination {
			return 0, nil
		}
		return 0, err
	}
}

// However many destinations are unreachable, a sound one gets each sample at once, and
// what waits for one that is down for a while arrives.
func TestManyUnreachableDestinations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name func(round, i int) string // of an unreachable destination
		held int                       // notices of the others at the end, at most
	}{
		"70 hosts":             {func(_, i int) string { return fmt.Sprintf("host-%d:8086", i) }, 24},
		"70 ports of a host":   {func(_, i int) string { return fmt.Sprintf("10.0.0.1:%d", i) }, 24},
		"70 ports, by IPv6":    {func(_, i int) string { return fmt.Sprintf("http://[fd00::1]:%d", i) }, 24},
		"ever new hosts":       {func(round, i int) string { return fmt.Sprintf("host-%d-%d:8086", round, i) }, 24},
		"ever new ports of it": {func(round, i int) string { return fmt.Sprintf("http://10.0.0.1:%d/x", 100*round+i) }, 24},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c counts
			p := &flaky{name: "p"}
			f := newFan(t, publish.Options{Destinations: 16, Waiting: 24, Rest: time.Hour, Observe: c.observe},
				publish.Entry{Publisher: p, Queue: 8})
			f.Broadcast(t.Context(), of("down", "down:8086", 0))
			p.set(unless("good", errUnreachable))
			f.Broadcast(t.Context(), of("down", "down:8086", 1))
			f.Broadcast(t.Context(), of("down", "down:8086", 2))
			for round := range 10 {
				for i := range 70 {
					f.Broadcast(t.Context(), of(job.ID(fmt.Sprint("sick-", i)), tt.name(round, i), 0))
				}
				if d := f.Broadcast(t.Context(), of("good", "good", int64(100+round)))[0]; d.Outcome != monitor.DeliveryDone {
					t.Fatalf("round %d: %+v, want delivered", round, d)
				}
			}
			if got := f.Circuits()[0].Queued; got > tt.held {
				t.Errorf("%d notices wait, want at most %d", got, tt.held)
			}
			if got := c.of(monitor.DeliveryDone); got != 11 {
				t.Errorf("%d delivered, want the ten of the sound destination and the first", got)
			}
			p.set(nil)
			f.Close(t.Context())
			_, taken := p.got()
			if got := []int{taken[1], taken[2]}; !slices.Equal(got, []int{1, 1}) {
				t.Errorf("the samples that waited were taken %v times, want each once", got)
			}
		})
	}
}

// Of the notices for one destination the first to be dropped are those of the job that
// has most of them.
func TestQueueIsShared(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: always(errUnreachable)}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: 10})
	for at := range int64(3) {
		f.Broadcast(t.Context(), of("quiet", "x", 1+at))
	}
	for at := range int64(50) {
		f.Broadcast(t.Context(), of("loud", "x", 100+at))
	}
	p.set(nil)
	f.Close(t.Context())
	_, taken := p.got()
	if got := slices.Sorted(maps.Keys(taken)); !slices.Equal(got, []int64{1, 2, 3, 143, 144, 145, 146, 147, 148, 149}) {
		t.Errorf("taken %v, want those of the quiet job and the newest of the other", got)
	}
}

// A transient error of one notice opens no circuit and delays no other notice for the
// destination. The notice is sent again after a while, and its error is its job's only.
func TestAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errSick := failure.Unavailable("the sick database fails", nil)
		sick := func(_ int, n monitor.Notice) (int, error) {
			if n.Spec.ID == "sick" {
				return 0, publish.Answer(errSick)
			}
			return 0, nil
		}
		p := &flaky{name: "p", fault: sick}
		f := newFan(t, publish.Options{Rest: 10 * time.Second}, publish.Entry{Publisher: p, Queue: 8})
		for at := range int64(20) {
			if d := f.Broadcast(t.Context(), of("sick", "x", 1000+at))[0]; d.Outcome != monitor.DeliveryWaiting || failure.KindOf(d.Err) != failure.KindUnavailable {
				t.Fatalf("sick %d: %+v, want waiting with the error", at, d)
			}
			if d := f.Broadcast(t.Context(), of("sound", "x", at))[0]; d.Outcome != monitor.DeliveryDone {
				t.Fatalf("sound %d: %+v, want delivered", at, d)
			}
		}
		if got := f.Circuits()[0]; got.Open != 0 || got.Queued != 8 {
			t.Errorf("circuits %+v, want none open and 8 queued", got)
		}
		before, _ := p.got()
		time.Sleep(9 * time.Second)
		if calls, _ := p.got(); calls != before {
			t.Errorf("%d calls in nine seconds, want none", calls-before)
		}
		p.set(always(errUnreachable))
		time.Sleep(30 * time.Second)
		if d := f.Broadcast(t.Context(), of("other", "x", 5))[0]; d.Outcome != monitor.DeliveryWaiting || d.Err == nil || d.Err.Error() != errUnreachable.Error() {
			t.Errorf("another job: %+v, want waiting as it is unreachable", d)
		}
		p.set(nil)
		time.Sleep(time.Minute)
		if got := f.Circuits()[0]; got != (monitor.Circuit{Publisher: "p"}) {
			t.Errorf("circuits %+v, want nothing queued", got)
		}
	})
}

// A destination that has not answered yet, or not since its circuit was open, gets two
// notices at once at most.
func TestUnprovenDestination(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, most := 0, 0
	release := make(chan struct{})
	p := &flaky{name: "p", fault: func(int, monitor.Notice) (int, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-release
		mu.Lock()
		now--
		mu.Unlock()
		return 0, nil
	}}
	f := newFan(t, publish.Options{Patience: time.Millisecond}, publish.Entry{Publisher: p, Queue: 20})
	for at := range int64(20) {
		f.Broadcast(t.Context(), notice("x", at))
	}
	mu.Lock()
	if most != 2 {
		t.Errorf("%d at once, want 2", most)
	}
	mu.Unlock()
	close(release)
	proctest.Until(t, "every sample", func() bool { _, taken := p.got(); return len(taken) == 20 })
}

// A queue keeps nothing of a size that a caller decides.
func TestQueueHoldsNoHeuristics(t *testing.T) {
	t.Parallel()
	seen := make(chan monitor.Notice, 1)
	p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) { seen <- n; return 0, nil }}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: 4})
	n := notice("x", 1)
	n.Spec.Heuristics = json.RawMessage(`{"a":1}`)
	f.Broadcast(t.Context(), n)
	if diff := cmp.Diff(json.RawMessage(nil), (<-seen).Spec.Heuristics); diff != "" {
		t.Errorf("heuristics (-want +got):\n%s", diff)
	}
}
