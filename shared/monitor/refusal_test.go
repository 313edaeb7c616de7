package monitor_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// refuses returns what makes a receiver refuse events of these kinds for good.
func refuses(kinds ...job.EventKind) func(job.Event) error {
	return func(e job.Event) error {
		for _, kind := range kinds {
			if e.Kind == kind {
				return failure.Refused("refused "+string(kind), nil)
			}
		}
		return nil
	}
}

// A receiver refuses some of a job's events for good. They are shown, hold up
// nothing and are not sent again.
func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refused []job.EventKind
		do      func(*bench)
		want    string // taken
		failing bool   // at the end
		text    string // of the last error
		log     int    // refusals in the log
	}{
		"the first": {
			[]job.EventKind{job.EventStarted}, func(b *bench) { b.run(1, 2) }, "sample sample", false, "refused started", 1,
		},
		"the last, at the end of the job": {[]job.EventKind{job.EventFinished}, func(b *bench) {
			b.run(1, 1)
			b.queue.Set(empty, nil)
			b.run(2, 2)
		}, "sample started sample", true, "refused finished", 1},
		"one of several that waited": {[]job.EventKind{job.EventStarted}, func(b *bench) {
			b.receiver.Fail(errReceiver, 0)
			b.queue.Set(empty, nil)
			b.run(1, 1)
			b.receiver.Fail(nil, 0)
			b.resends(1)
		}, "finished", true, "refused started", 1},
		"all that waited, by the sweep": {[]job.EventKind{job.EventStarted, job.EventFinished}, func(b *bench) {
			b.receiver.Fail(errReceiver, 0)
			b.queue.Set(empty, nil)
			b.run(1, 1)
			b.receiver.Fail(nil, 0)
			b.resends(0)
		}, "", true, "refused started", 2},
		"one, while the receiver was just now absent": {[]job.EventKind{job.EventStarted}, func(b *bench) {
			b.receiver.Fail(errReceiver, 0)
			b.run(1, 1)
			b.receiver.Fail(errReceiver, 1) // the first, then it is absent again
			b.run(2, 2)
		}, "", true, "refused started", 1},
		"by a stop": {[]job.EventKind{job.EventStopped}, (*bench).stops, "", true, "refused stopped", 1},
		"twice, as the tick was delivered twice": {[]job.EventKind{job.EventStarted}, func(b *bench) {
			b.run(1, 1)
			b.tick("t1", monitor.OutcomeDuplicate)
			b.run(2, 2)
		}, "sample sample", false, "refused started", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			log := b.logged()
			b.receives()
			b.receiver.Refuse(refuses(tt.refused...))
			tt.do(b)
			b.expectKinds(tt.want)
			got := b.status()
			p := got.Publishers["receiver"]
			if p.Failing != tt.failing || p.LastError != tt.text || got.Unsent != 0 {
				t.Errorf("%d unsent, %+v, want none, failing %t with %q", got.Unsent, p, tt.failing, tt.text)
			}
			if got := strings.Count(log(), "refused for good"); got != tt.log {
				t.Errorf("%d refusals in the log, want %d:\n%s", got, tt.log, log())
			}
			b.resends(0)
			if page, err := b.store.List(t.Context(), "", 10); err != nil || !got.Phase.Living() && len(page.Records) != 0 {
				t.Errorf("listed: %v, %v, want no job that ended", page, err)
			}
		})
	}
}

// A publisher's result may come after the last tick of a job. The status shows it, by
// one more write only if it changes what the status says.
func TestLateDeliveries(t *testing.T) {
	t.Parallel()
	refused := monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryFailed, Err: failure.Refused("refused", nil)}
	errDropped := failure.Unavailable("dropped", nil)
	dropped := monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryDropped, Err: errDropped}
	done := monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryDone}
	tests := map[string]struct {
		waits   error // of the deliveries meanwhile
		end     func(*bench)
		late    monitor.Delivery
		failing bool
		writes  int64
	}{
		"delivered after the end":        {errReceiver, (*bench).ends, done, false, 1},
		"delivered after a stop":         {errReceiver, (*bench).stops, done, false, 1},
		"delivered while it runs":        {errReceiver, func(*bench) {}, done, false, 1},
		"delivered, and was not failing": {nil, (*bench).ends, done, false, 0},
		"refused after the end":          {nil, (*bench).ends, refused, true, 1},
		"dropped after the end":          {nil, (*bench).ends, dropped, true, 1},
		"dropped, and was failing so":    {errDropped, (*bench).ends, dropped, true, 0},
		"refused, and was failing":       {errReceiver, (*bench).ends, refused, true, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.receives()
			b.receiver.Fail(tt.waits, 0)
			b.run(1, 1)
			notices := b.receiver.Notices()
			tt.end(b)
			before := b.store.Marks()
			notices[len(notices)-1].Late(tt.late)
			if got := b.status().Publishers["receiver"]; got.Failing != tt.failing || b.store.Marks()-before != tt.writes || tt.late.Err != nil && got.LastError != tt.late.Err.Error() {
				t.Errorf("%+v after %d writes, want failing %t after %d", got, b.store.Marks()-before, tt.failing, tt.writes)
			}
		})
	}
}

// The late result of an earlier life changes nothing of the next one, nor does one of
// a job that is gone.
func TestLateDeliveryOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receives()
	b.run(1, 1)
	late := b.receiver.Notices()[0].Late
	later := b.restart()
	late(monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryFailed, Err: errReceiver})
	b.expectUntouched(later)
	b.redis.FlushAll()
	late(monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryFailed, Err: errReceiver})
	if keys := b.redis.Keys(); len(keys) != 0 {
		t.Errorf("keys %v, want none", keys)
	}
}

// A result that comes before the tick has recorded that of its broadcast waits for
// that: the later one counts.
func TestLateDeliveryWaitsForItsTick(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receives()
	b.receiver.Fail(errReceiver, 0)
	var late sync.WaitGroup
	b.receiver.During = func(n monitor.Notice) {
		late.Go(func() { n.Late(monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryDone}) })
		time.Sleep(10 * time.Millisecond) // enough for a report that does not wait
	}
	b.run(1, 1)
	late.Wait()
	if got := b.status().Publishers["receiver"]; got.Failing {
		t.Errorf("%+v, want not failing", got)
	}
}

// logged makes the service log to a text, which it returns.
func (b *bench) logged() func() string {
	var mu sync.Mutex
	var text bytes.Buffer
	b.log = slog.New(slog.NewTextHandler(writer(func(line []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(line)
	}), nil))
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(line []byte) (int, error) { return w(line) }

// ends makes the next tick the last one of the job.
func (b *bench) ends() {
	b.queue.Set(empty, nil)
	b.run(2, 2)
}

func (b *bench) stops() {
	b.t.Helper()
	if err := b.service.Stop(b.t.Context(), "a"); err != nil {
		b.t.Fatal(err)
	}
}
