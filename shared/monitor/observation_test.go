package monitor_test

import (
	"errors"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// The queue cannot be read: health is not ok meanwhile, and failures end the job
// only if they last.
func TestQueueOutage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failAfter = time.Minute
	b.build(nil)
	b.queue.Set(full, nil)
	b.start("a")
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	b.queue.Set(job.QueueCount{}, failure.Unavailable("connection refused", errors.New("10.1.2.3")))
	for i := range 14 { // 28 s: a restart of that Redis
		b.pass(2 * time.Second)
		b.tick("f"+string(rune('a'+i)), monitor.OutcomeFailed)
	}
	got := b.status()
	if !got.Phase.Living() || got.Health != forecast.StatusUnobserved || got.Unobserved.Queue.Error != "connection refused" || got.LastError != "connection refused" {
		t.Errorf("%s, %s, %+v, want a living job that is not observed", got.Phase, got.Health, got.Unobserved)
	}
	b.queue.Set(half, nil)
	b.pass(2 * time.Second)
	b.tick("t2", monitor.OutcomeSampled)
	if got := b.status(); got.Health != forecast.StatusOK || got.Unobserved != nil || got.Failures != 0 {
		t.Errorf("%s, %+v, %d failures, want all well", got.Health, got.Unobserved, got.Failures)
	}
}

// Two ticks overlap and the older observation commits last. Its sample keeps its
// time and does not become the last one.
func TestOlderObservationCommitsLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.queue.Set(job.QueueCount{Queued: 4, InFlight: 1, Results: 1}, nil)
	overlapped := false
	b.store.Before = func() error {
		if !overlapped {
			overlapped = true
			b.queue.Set(half, nil)
			b.at(4 * time.Second)
			b.tick("t2", monitor.OutcomeSampled)
		}
		return nil
	}
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	got := b.status()
	if got.Progress.Job != 0.5 || got.Samples != 2 || got.Last.Timestamp != monitortest.Start.Add(4*time.Second).UnixMilli() {
		t.Errorf("progress %v at %v after %d samples, want that of the newer observation", got.Progress.Job, got.Last.At, got.Samples)
	}
}

// Samples of a state have rising times even if the clock does not rise.
func TestTimesRiseInTheState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	b.start("a")
	var last int64
	for i, at := range []int{10, 10, 4, 12} {
		b.at(time.Duration(at) * time.Second)
		got, err := b.service.Tick(t.Context(), monitor.Tick{ID: string(rune('a' + i)), Job: "a", Sent: b.clock()})
		if err != nil || (got != monitor.OutcomeSampled && got != monitor.OutcomeSurplus) {
			t.Fatalf("tick %d: %q, %v", i, got, err)
		}
		if now := b.status().Last.Timestamp; got == monitor.OutcomeSampled && now <= last {
			t.Errorf("tick %d: time %d is not after %d", i, now, last)
		}
		last = b.status().Last.Timestamp
	}
}

func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	broken := errors.New("connection refused")

	b.queue.Set(job.QueueCount{}, broken) // two failures, one below the limit
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeFailed)
	b.at(4 * time.Second)
	b.tick("t2", monitor.OutcomeFailed)
	b.tick("t2", monitor.OutcomeDuplicate) // a retry is no further failure
	if got := b.status(); got.Failures != 2 || got.LastError != broken.Error() || !got.Phase.Living() {
		t.Errorf("after two failures: %+v", got)
	}

	b.queue.Set(full, nil) // a success forgets them
	b.at(6 * time.Second)
	b.tick("t3", monitor.OutcomeSampled)
	if got := b.status(); got.Failures != 0 {
		t.Errorf("%d failures after a success, want 0", got.Failures)
	}

	b.queue.Set(job.QueueCount{}, broken) // three in a row: the end
	for i, id := range []string{"t4", "t5", "t6"} {
		b.at(time.Duration(8+2*i) * time.Second)
		b.tick(id, monitor.OutcomeFailed)
	}
	got := b.status()
	if got.Phase != job.PhaseFailed || got.Failures != retries || b.scheduler.Has("a") {
		t.Errorf("after %d failures in a row: %+v, scheduled %t", retries, got, b.scheduler.Has("a"))
	}
	report, err := b.service.Report(t.Context(), "a")
	if err != nil || report.FinalError.Value == nil || *report.FinalError.Second != "2026-11-24T05:41:13Z" {
		t.Errorf("report %+v, %v, want the sample of 05:41:13 as the last", report, err)
	}
}
