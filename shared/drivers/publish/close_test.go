package publish_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// Close tries once more what waits, even behind an open circuit.
func TestCloseSendsWhatWaits(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: firstCalls(3, errUnreachable)} // then its circuit is open
	f := publish.NewFan(publish.Options{}, slog.New(slog.DiscardHandler), publish.Entry{Publisher: p, Queue: 4})
	f.Broadcast(t.Context(), notice("x", 7))
	if _, taken := p.got(); len(taken) != 0 {
		t.Fatalf("taken %v, want none before Close", taken)
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

// Close counts in the log, and as dropped, what it could not send.
func TestCloseCountsWhatIsLost(t *testing.T) {
	t.Parallel()
	tests := map[string]*flaky{
		"what waits, if the destination is unreachable":    {name: "p", fault: always(errUnreachable)},
		"what waits and what is on its way, if that hangs": {name: "p", hang: true},
	}
	for name, p := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var mu sync.Mutex
				counts := map[monitor.DeliveryOutcome]int{}
				f := publish.NewFan(publish.Options{Workers: 1, Observe: func(_ string, o monitor.DeliveryOutcome) {
					mu.Lock()
					defer mu.Unlock()
					counts[o]++
				}}, slog.New(slog.NewTextHandler(&log, nil)), publish.Entry{Publisher: p, Queue: 4})
				for at := range int64(3) {
					f.Broadcast(t.Context(), notice("x", at))
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				f.Close(ctx)
				if !strings.Contains(log.String(), "count=3") {
					t.Errorf("logged %q, want a count of 3", log.String())
				}
				<-time.After(time.Minute) // until the deadline of what is on its way
				mu.Lock()
				defer mu.Unlock()
				if counts[monitor.DeliveryDropped] != 3 || counts[monitor.DeliveryDone] != 0 {
					t.Errorf("observed %v, want 3 dropped", counts)
				}
			})
		})
	}
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
				Patience: time.Millisecond, Destinations: 1,
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
