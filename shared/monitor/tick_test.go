package monitor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// A process dies between the two writes of a tick, in any way; the sender
// retries and the tick counts once.
func TestTickIsExactlyOnceWhereverItBreaks(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*bench){
		"before the push":   func(b *bench) { b.list.Before = monitortest.FailOnce(errFault) },
		"after the push":    func(b *bench) { b.list.After = monitortest.FailOnce(errFault) },
		"before the commit": func(b *bench) { b.store.Before = monitortest.FailOnce(errFault) },
		"after the commit":  func(b *bench) { b.store.After = monitortest.FailOnce(errFault) },
		"before both": func(b *bench) {
			b.list.Before, b.store.Before = monitortest.FailOnce(errFault), monitortest.FailOnce(errFault)
		},
		"after both": func(b *bench) {
			b.list.After, b.store.After = monitortest.FailOnce(errFault), monitortest.FailOnce(errFault)
		},
		"pushed and not committed": func(b *bench) {
			b.list.After, b.store.Before = monitortest.FailOnce(errFault), monitortest.FailOnce(errFault)
		},
		"committed and not pushed": func(b *bench) {
			b.list.Before, b.store.After = monitortest.FailOnce(errFault), monitortest.FailOnce(errFault)
		},
	}
	for name, breakIt := range tests {
		for end, count := range map[string]job.QueueCount{"": half, ", the last tick": empty} {
			t.Run(name+end, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.queue.Set(full, nil)
				b.start("a")
				b.queue.Set(count, nil)
				b.at(2 * time.Second)
				breakIt(b)
				b.tickFails("t1")
				b.at(2100 * time.Millisecond)
				b.retry("t1")
				b.expectOnce(1)
				b.at(2200 * time.Millisecond)
				b.tick("t1", monitor.OutcomeDuplicate)
				b.expectOnce(1)
				if ended := !b.status().Phase.Living(); ended != (end != "") || b.scheduler.Has("a") == ended {
					t.Errorf("ended: %t, scheduled: %t", ended, b.scheduler.Has("a"))
				}
			})
		}
	}
}

func TestDuplicatesCountOnce(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]job.QueueCount{"running": half, "the last tick": empty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			b.queue.Set(count, nil)
			b.at(2 * time.Second)
			var mu sync.Mutex
			outcomes := map[monitor.Outcome]int{}
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					got, err := b.service.Tick(t.Context(), monitor.Tick{ID: "t1", Job: "a", Sent: b.clock()})
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					outcomes[got]++
				})
			}
			wait.Wait()
			if outcomes[monitor.OutcomeSampled] != 1 || outcomes[monitor.OutcomeDuplicate] != 7 {
				t.Errorf("outcomes %v, want 1 sampled and 7 duplicate", outcomes)
			}
			b.expectOnce(1)
			if got := b.status().Ticks.Duplicate; got != 7 {
				t.Errorf("%d duplicates counted, want 7", got)
			}
		})
	}
}

// Two ticks of a job overlap: the second to commit folds into what the first
// left.
func TestOverlappingTicksLoseNoFold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.queue.Set(half, nil)
	b.at(2 * time.Second)
	overlapped := false
	b.store.Before = func() error {
		if !overlapped {
			overlapped = true
			b.at(4 * time.Second)
			b.tick("t2", monitor.OutcomeSampled)
		}
		return nil
	}
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	b.expectOnce(2)
	elements := b.published()
	if elements[0].Timestamp >= elements[1].Timestamp {
		t.Errorf("timestamps %d, %d do not rise", elements[0].Timestamp, elements[1].Timestamp)
	}
}

func TestTickTimeline(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(job.QueueCount{}, nil)
	b.start("a") // the queue is not filled yet

	b.at(2 * time.Second) // still not: a sample that says nothing is done
	b.tick("t1", monitor.OutcomeSampled)
	if got := b.status(); got.Phase != job.PhasePending || got.Progress.Job != 0 || !near(got.Progress.Error, -2.0/60) {
		t.Errorf("nothing in the queue yet: %+v %+v", got.Phase, got.Progress)
	}

	b.queue.Set(full, nil) // filled: runs, an honest 0
	b.at(4 * time.Second)
	b.tick("t2", monitor.OutcomeSampled)
	if got := b.status(); got.Phase != job.PhaseRunning || got.Progress.Job != 0 {
		t.Errorf("all waits: %+v %+v", got.Phase, got.Progress)
	}

	b.at(4500 * time.Millisecond) // a second adapter: closer than 0.4 of 2 s
	b.tick("x1", monitor.OutcomeSurplus)

	b.queue.Set(half, nil)
	b.at(6 * time.Second)
	b.tick("t3", monitor.OutcomeSampled)
	if got := b.status(); got.Progress.Job != 0.5 || !near(got.Progress.Time, 0.1) || !near(got.Progress.Error, 0.4) || got.Last.Replicas != 1 {
		t.Errorf("half done: %+v %+v", got.Progress, got.Last)
	}
	if _, err := b.service.Report(t.Context(), "a"); !errors.Is(err, monitor.ErrRunning) {
		t.Errorf("report of a running job: %v, want %v", err, monitor.ErrRunning)
	}

	b.queue.Set(empty, nil) // done: the last sample, the report, no schedule
	b.at(10 * time.Second)
	b.tick("t5", monitor.OutcomeSampled)
	got := b.status()
	if got.Phase != job.PhaseFinished || got.Progress.Job != 1 || b.scheduler.Has("a") || got.NextTick != nil {
		t.Errorf("done: %+v, scheduled %t", got, b.scheduler.Has("a"))
	}
	if got.Ticks.Received != 4 || got.Ticks.Surplus != 1 || got.Ticks.Lost != 1 || got.Ticks.Expected != 5 {
		t.Errorf("account %+v, want 5 expected, 4 received, 1 lost, 1 surplus", got.Ticks)
	}

	b.at(12 * time.Second) // a late tick of a job that ended: no sample, no resurrection
	b.tick("t6", monitor.OutcomeEnded)
	if n := len(b.published()); n != 4 || b.status().Samples != 4 {
		t.Errorf("%d elements, %d samples after the end, want 4", n, b.status().Samples)
	}
}

// deafStore is a monitor.Store whose Commit takes effect although its caller has
// gone.
type deafStore struct{ monitor.Store }

func (s deafStore) Commit(ctx context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	return s.Store.Commit(context.WithoutCancel(ctx), c)
}

// A sender that hangs up is not the job's failure, even if the tick could still be
// committed.
func TestTickCutShort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.Store = deafStore{b.store.Store}
	b.queue.Set(full, nil)
	b.start("a")
	ctx, cancel := context.WithCancel(t.Context())
	b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		cancel()
		b.queue.Set(job.QueueCount{}, context.Canceled)
		return job.KubeStatus{}, context.Canceled
	}))
	if got, err := b.service.Tick(ctx, monitor.Tick{ID: "t1", Job: "a"}); !failure.IsRetryable(err) {
		t.Errorf("Tick = %q, %v, want a retryable error", got, err)
	}
	if got := b.status(); got.Failures != 0 || got.Ticks.Received != 0 {
		t.Errorf("a tick that was cut short left %+v", got)
	}
}

func TestTickOfAnUnknownJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.tick("t1", monitor.OutcomeUnknown)
	if keys := b.redis.Keys(); len(keys) != 0 {
		t.Errorf("keys %v, want none", keys)
	}
}
