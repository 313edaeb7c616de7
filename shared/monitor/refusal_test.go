package monitor_test

import (
	"strings"
	"testing"

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
