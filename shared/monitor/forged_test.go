package monitor_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// A job is ticked at each instant for a minute. Then somebody sends many ticks at
// once that claim all kinds of times. They make at most one sample more, which
// takes the place of the next instant's.
func TestForgedTicks(t *testing.T) {
	t.Parallel()
	claims := map[string]func(now time.Time, n int) time.Time{
		"now":                    func(now time.Time, _ int) time.Time { return now },
		"instants of the past":   func(now time.Time, n int) time.Time { return now.Add(-time.Duration(n) * 200 * time.Millisecond) },
		"before the start":       func(now time.Time, n int) time.Time { return now.Add(-time.Minute - time.Duration(n)*time.Second) },
		"the future":             func(now time.Time, n int) time.Time { return now.Add(time.Duration(n) * time.Second) },
		"no time":                func(time.Time, int) time.Time { return time.Time{} },
		"a scheduler a bit late": func(now time.Time, _ int) time.Time { return now.Add(-1300 * time.Millisecond) },
	}
	for name, claim := range claims {
		for _, failing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, the queue fails %t", name, failing), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.queue.Set(full, nil)
				b.start("a")
				const honest = 15
				for n := range honest {
					b.at(time.Duration(2*n+1) * time.Second)
					b.tick(fmt.Sprintf("t%d", n), monitor.OutcomeSampled)
				}
				if failing {
					b.queue.Set(job.QueueCount{}, failure.Unavailable("down", nil))
				}
				b.pass(300 * time.Millisecond)
				b.forge(150, claim)
				got := b.status()
				if got.Samples > honest+1 || len(b.published()) > honest+1 || got.Failures > 1 || got.Ticks.Received > honest+1 {
					t.Errorf("%d samples, %d in the list, %d failures, %d ticks, want at most one more than %d",
						got.Samples, len(b.published()), got.Failures, got.Ticks.Received, honest)
				}
				if int64(len(b.published())) != got.Samples {
					t.Errorf("%d elements in the list, %d samples", len(b.published()), got.Samples)
				}
			})
		}
	}
}

// Ticks of a job that has ended, or never was, make few calls of the scheduler,
// however many come.
func TestForgedTicksOfEndedJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	before := b.scheduler.Removals()
	for n := range 400 {
		for id, life := range map[job.ID]int64{"a": int64(n), "never": int64(n)} {
			if _, err := b.service.Tick(t.Context(), monitor.Tick{ID: strconv.Itoa(n), Job: id, Life: life}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := b.scheduler.Removals() - before; got == 0 || got > 300 {
		t.Errorf("800 ticks made %d calls, want about a hundred", got)
	}
}

// forge delivers many ticks at once that nobody scheduled.
func (b *bench) forge(count int, claim func(now time.Time, n int) time.Time) {
	var all sync.WaitGroup
	slots := make(chan struct{}, underWay)
	for n := range count {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			tick := monitor.Tick{ID: fmt.Sprintf("forged-%d", n), Job: "a", Sent: claim(b.clock(), n)}
			if _, err := b.service.Tick(b.t.Context(), tick); err != nil && !failure.IsRetryable(err) {
				b.t.Errorf("tick %d: %v", n, err)
			}
		})
	}
	all.Wait()
}

// The clocks of two instances differ by ten seconds. Ticks that arrive at either of
// them are sampled.
func TestInstancesWhoseClocksDiffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	const ticks = 20
	for n := range ticks {
		at := time.Duration(2*n+21) * time.Second
		sent := b.clockAt(at)
		if n%2 == 1 {
			at -= 10 * time.Second
		}
		b.at(at)
		if got, err := b.service.Tick(t.Context(), monitor.Tick{ID: strconv.Itoa(n), Job: "a", Sent: sent}); err != nil || got != monitor.OutcomeSampled {
			t.Errorf("tick %d: %q, %v, want a sample", n, got, err)
		}
	}
	if elements := b.published(); len(elements) != ticks {
		t.Errorf("%d elements in the list, want %d", len(elements), ticks)
	}
}

// clockAt returns what the clock shows at an offset from the start.
func (b *bench) clockAt(offset time.Duration) time.Time {
	b.at(offset)
	return b.clock()
}
