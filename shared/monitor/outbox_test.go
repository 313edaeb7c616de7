package monitor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestEventsOfALife(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.run(1, 1)
	b.queue.Set(empty, nil)
	b.run(2, 2)
	b.expectKinds("sample started sample finished")
	for i, e := range b.receiver.Events() {
		if e.Sequence != int64(i+1) || e.Life != monitortest.Start.UnixMilli() || e.Job != "a" {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	finished := b.receiver.Events()[3]
	if r := finished.Data.Report; r == nil || *r.FinalError.Value <= 0 || finished.Data.Phase != job.PhaseFinished {
		t.Errorf("finished with %+v", finished.Data)
	}
	if got := b.status().Unsent; got != 0 {
		t.Errorf("%d events unsent, want 0", got)
	}
	if page, err := b.store.List(t.Context(), "", 10); err != nil || len(page.Records) != 0 {
		t.Errorf("listed: %v, %v, want no job: it ended and owes nothing", page, err)
	}
}

func TestHealthEvents(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.run(1, 1)
	b.queue.Set(job.QueueCount{Queued: 5, Results: 1}, nil) // one of six, then nothing
	b.run(2, 30)
	if got := b.status().Health; got != forecast.StatusStalled {
		t.Errorf("health %q, want stalled", got)
	}
	b.queue.Set(job.QueueCount{Queued: 1, Results: 5}, nil)
	b.run(31, 31) // after the deadline
	b.queue.Set(job.QueueCount{Queued: 5, Results: 1}, failure.Unavailable("queue unreachable", nil))
	for i := range retries {
		b.at(time.Duration(64+2*i) * time.Second)
		b.tick(fmt.Sprint("f", i), monitor.OutcomeFailed)
	}
	var phases []job.Event
	for _, e := range b.receiver.Events() {
		if e.Kind != job.EventSample {
			phases = append(phases, e)
		}
	}
	if got, want := kinds(phases), "started stalled at-risk failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStoppedEvent(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	for range 2 { // the second changes nothing
		if err := b.service.Stop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	b.expectKinds("stopped")
}

// The job has already ended, so stopping it is not an event.
func TestStopOfAnEndedJobIsNoEvent(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.queue.Set(empty, nil)
	b.run(1, 1)
	b.receiver.Fail(errReceiver, 0)
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	b.receiver.Fail(nil, 0)
	b.resends(0)
	b.expectKinds("sample started finished")
	if got := b.status(); got.Phase != job.PhaseStopped || got.Unsent != 0 {
		t.Errorf("%s with %d events unsent, want stopped with none", got.Phase, got.Unsent)
	}
}

// Events that no receiver acknowledged stay in the state and are sent again: by
// the next tick, and by the sweep once the job has ended.
func TestUnacknowledgedEventsAreSentAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		room  int // events taken while the receiver fails
		again func(*bench)
		want  string
	}{
		"by the next tick": {0, func(b *bench) { b.run(2, 2) }, "started sample"},
		"by the next tick, the rest": {
			1, func(b *bench) { b.run(2, 2) }, "sample started sample",
		},
		"by a duplicate of the tick": {
			0, func(b *bench) { b.tick("t1", monitor.OutcomeDuplicate) }, "started",
		},
		"by the sweep": {0, func(b *bench) { b.resends(1) }, "started"},
		"by the sweep, of an ended job": {
			0, func(b *bench) {
				b.receiver.Fail(errReceiver, 0)
				b.queue.Set(empty, nil)
				b.run(2, 2)
				if page, _, err := b.service.List(b.t.Context(), "", 10); err != nil || len(page) != 0 {
					b.t.Errorf("listed: %v, %v, want no living job", page, err)
				}
				b.receiver.Fail(nil, 0)
				b.resends(2)
			}, "started finished",
		},
		"by the sweep, of a stopped job": {
			0, func(b *bench) {
				b.receiver.Fail(errReceiver, 0)
				if err := b.service.Stop(b.t.Context(), "a"); err != nil {
					b.t.Fatal(err)
				}
				b.receiver.Fail(nil, 0)
				b.resends(2)
			}, "started stopped",
		},
		"by a late tick of an ended job": {
			0, func(b *bench) {
				b.receiver.Fail(errReceiver, 0)
				b.queue.Set(empty, nil)
				b.run(2, 2)
				b.receiver.Fail(nil, 0)
				b.tick("t3", monitor.OutcomeEnded)
			}, "started finished",
		},
		"by the next life of the id": {
			0, func(b *bench) {
				b.receiver.Fail(errReceiver, 0)
				if err := b.service.Stop(b.t.Context(), "a"); err != nil {
					b.t.Fatal(err)
				}
				b.receiver.Fail(nil, 0)
				b.at(time.Minute)
				b.start("a")
				b.at(62 * time.Second)
				b.tick("t9", monitor.OutcomeSampled)
			}, "started stopped sample started",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupEvents(t)
			b.receiver.Fail(errReceiver, test.room)
			b.run(1, 1)
			if got := b.status().Unsent; got != 1 {
				t.Fatalf("%d events unsent, want 1", got)
			}
			b.receiver.Fail(nil, 0)
			test.again(b)
			b.expectKinds(test.want)
			if got := b.status().Unsent; got != 0 {
				t.Errorf("%d events unsent after that, want 0", got)
			}
			b.resends(0)
			ids := map[string]bool{}
			for _, e := range b.receiver.Events() {
				if ids[e.ID()] {
					t.Errorf("%s was acknowledged twice", e.ID())
				}
				ids[e.ID()] = true
			}
		})
	}
}

// A job stalls and recovers again and again while nobody receives its events.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.receiver.Fail(errReceiver, 0)
	r := request("b")
	r.Items, r.Budget, r.Fingerprint = 1000, time.Hour, "b"
	if _, err := b.service.Start(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for i := range int64(600) { // an item a sample, then one each 24 s: longer than ten periods
		b.queue.Set(job.QueueCount{Queued: 1000 - min(i, 5) - max(i-5, 0)/12, Results: 1}, nil)
		b.at(time.Duration(2*i) * time.Second)
		if _, err := b.service.Tick(t.Context(), monitor.Tick{ID: fmt.Sprintf("t%d", i), Job: "b", Sent: b.clock()}); err != nil {
			t.Fatal(err)
		}
	}
	b.receiver.Fail(nil, 0)
	if err := b.service.Stop(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	events := b.receiver.Events()
	if len(events) != 64 || events[0].Kind != job.EventStarted || events[63].Kind != job.EventStopped {
		t.Errorf("%d events, want 64 with the first and the last of its life: %s", len(events), kinds(events))
	}
}

// Without a receiver no events are kept.
func TestNoEventsWithoutReceiver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.run(1, 1)
	if got := b.status().Unsent; got != 0 {
		t.Errorf("%d events unsent, want 0", got)
	}
}

// The notice of a duplicate says so; lost ticks are reported once.
func TestNotices(t *testing.T) {
	t.Parallel()
	b := setupEvents(t)
	b.run(1, 1)
	b.run(4, 4)
	b.tick("t4", monitor.OutcomeDuplicate)
	notices := b.receiver.Notices()
	if len(notices) != 3 {
		t.Fatalf("%d notices, want 3", len(notices))
	}
	first, last, again := notices[0], notices[1], notices[2]
	if first.Lost != 0 || last.Lost != 2 || last.Again || !again.Again || again.Lost != 0 || len(again.Events) != 0 {
		t.Errorf("got lost %d, %d, %d, again %t, %t", first.Lost, last.Lost, again.Lost, last.Again, again.Again)
	}
	if diff := cmp.Diff(last.Sample, again.Sample); diff != "" {
		t.Errorf("the sample of the duplicate (-first +duplicate):\n%s", diff)
	}
}
