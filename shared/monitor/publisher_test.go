package monitor_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// The failure of a publisher is recorded once, not at each tick, and so is its
// recovery.
func TestPublishersStateIsRecorded(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.run(1, 1)
	if got := b.status().Publishers; got != nil {
		t.Errorf("before a failure: %v, want none", got)
	}
	b.receiver.Fail(errReceiver, 0)
	b.run(2, 3)
	want := map[string]monitor.PublisherState{
		"receiver": {Failing: true, LastError: errReceiver.Error(), At: monitortest.Start.Add(4 * time.Second).UnixMilli()},
	}
	if diff := cmp.Diff(want, b.status().Publishers); diff != "" {
		t.Errorf("failing (-want +got):\n%s", diff)
	}
	b.run(4, 7)
	if got := b.status().Publishers["receiver"].At; got != monitortest.Start.Add(14*time.Second).UnixMilli() {
		t.Errorf("recorded again at %d, want after 10 s", got)
	}
	b.receiver.Fail(nil, 0)
	b.run(8, 8)
	if got := b.status().Publishers["receiver"]; got.Failing || got.LastError != errReceiver.Error() {
		t.Errorf("after its return: %+v, want not failing, with the last error", got)
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
