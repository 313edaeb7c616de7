package publish_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// late records the deliveries that ended after their broadcast.
type late struct {
	mu         sync.Mutex
	deliveries []monitor.Delivery
}

func (l *late) add(d monitor.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deliveries = append(l.deliveries, d)
}

func (l *late) got() []monitor.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deliveries
}

// What happens to the last notice of a job after its broadcast is reported once,
// also if that is dropped; what the broadcast returned is not.
func TestLateDeliveries(t *testing.T) {
	t.Parallel()
	slow := func(err error) fault {
		return func(int, monitor.Notice) (int, error) { time.Sleep(time.Second); return 0, err }
	}
	tests := map[string]struct {
		p       *flaky
		recover bool                    // before time passes
		want    monitor.DeliveryOutcome // "": none
		err     error
	}{
		"in time":            {&flaky{}, false, "", nil},
		"refused in time":    {&flaky{fault: always(errRefused)}, false, "", nil},
		"slow":               {&flaky{fault: slow(nil)}, false, monitor.DeliveryDone, nil},
		"refused late":       {&flaky{fault: slow(errRefused)}, false, monitor.DeliveryFailed, errRefused},
		"after an outage":    {&flaky{fault: always(errUnreachable)}, true, monitor.DeliveryDone, nil},
		"dropped at the end": {&flaky{fault: always(errUnreachable)}, false, monitor.DeliveryDropped, errUnreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.p.name = "p"
				f := publish.NewFan(publish.Options{Workers: 1}, slog.New(slog.DiscardHandler),
					publish.Entry{Publisher: tt.p, Queue: 8})
				var got late
				for at := range int64(4) {
					n := notice("x", at)
					n.Late = got.add
					f.Broadcast(t.Context(), n)
				}
				if tt.recover {
					tt.p.set(nil)
				}
				if tt.want != monitor.DeliveryDropped {
					time.Sleep(time.Minute)
				}
				f.Close(t.Context())
				deliveries := got.got()
				if tt.want == "" {
					if len(deliveries) != 0 {
						t.Errorf("late: %+v, want none", deliveries)
					}
					return
				}
				if len(deliveries) != 1 || deliveries[0].Outcome != tt.want || !errors.Is(deliveries[0].Err, tt.err) {
					t.Errorf("late: %+v, want one, %s with %v", deliveries, tt.want, tt.err)
				}
			})
		})
	}
}

// Another life of the id is another job.
func TestLateDeliveriesOfLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &flaky{name: "p", fault: always(errUnreachable)}
		f := newFan(t, publish.Options{Rest: time.Second}, publish.Entry{Publisher: p, Queue: 8})
		var first, second late
		for at, l := range []*late{&first, &first, &second} {
			n := notice("x", int64(at))
			n.Late = l.add
			if l == &second {
				n.Spec.Accepted = time.Now()
			}
			f.Broadcast(t.Context(), n)
		}
		p.set(nil)
		time.Sleep(time.Minute)
		if len(first.got()) != 1 || len(second.got()) != 1 {
			t.Errorf("late: %+v and %+v, want one of each life", first.got(), second.got())
		}
	})
}

// A report of a late delivery that hangs holds up neither what is sent nor Close for
// long.
func TestLateReportThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &flaky{name: "p", fault: always(errUnreachable)}
		f := publish.NewFan(publish.Options{}, slog.New(slog.DiscardHandler), publish.Entry{Publisher: p, Queue: 8})
		release := make(chan struct{})
		for at := range int64(3) {
			n := notice("x", at)
			n.Spec.ID = []job.ID{"a", "b", "c"}[at]
			n.Late = func(monitor.Delivery) { <-release }
			f.Broadcast(t.Context(), n)
		}
		p.set(nil)
		time.Sleep(time.Minute)
		if _, taken := p.got(); len(taken) != 3 {
			t.Errorf("taken %v, want all three", taken)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before := time.Now()
		f.Close(ctx)
		if passed := time.Since(before); passed > 2*time.Second {
			t.Errorf("Close took %v, want at most 2 s", passed)
		}
		close(release)
	})
}
