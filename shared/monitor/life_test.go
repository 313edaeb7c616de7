package monitor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// A tick loads a life; it is stopped and started while the tick is under way.
// Whatever the tick saw belongs to the life that ended.
func TestTickOfALifeThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		queue job.QueueCount
		err   error
	}{
		"it saw work":         {half, nil},
		"it saw the end":      {empty, nil},
		"it could not see":    {job.QueueCount{}, failure.Unavailable("unreachable", nil)},
		"it saw a lost queue": {job.QueueCount{}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			earlier := b.life()
			b.queue.Set(tt.queue, tt.err)
			b.pass(2 * time.Second)
			var later int64
			b.store.Before = func() error {
				if later == 0 {
					later = 1 // the stop commits too
					b.queue.Set(full, nil)
					later = b.restart()
				}
				return nil
			}
			b.deliver("t1", earlier, monitor.OutcomeEnded)
			b.expectUntouched(later)
		})
	}
}

// A tick of an earlier life, however late, changes and removes nothing of a
// later one. It removes the leftover of its own.
func TestLateTickOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	earlier := b.life()
	later := b.restart()
	b.scheduler.Add("a", earlier, "*/2 * * * * *") // its removal failed
	b.queue.Set(empty, nil)
	b.pass(time.Second)
	b.deliver("t1", earlier, monitor.OutcomeEnded)
	b.expectUntouched(later)
	b.deliver("t2", 0, monitor.OutcomeSampled) // one that names no life is of the life that it finds
	if got := b.status(); got.Samples != 1 {
		t.Errorf("%d samples, want 1", got.Samples)
	}
}

// Two lives of an id that start within a millisecond, or after the clock was set
// back, are different ones.
func TestLivesDiffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	first := b.life()
	for name, passed := range map[string]time.Duration{"at once": 0, "an hour earlier": -time.Hour} {
		if err := b.service.Stop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		b.pass(passed)
		b.start("a")
		if got := b.life(); got <= first {
			t.Errorf("started again %s: life %d, want one after %d", name, got, first)
		}
		first = b.life()
	}
}

// The store answers as if it were empty for a while: nothing is removed, and the
// same start again makes sure of the schedule.
func TestStoreIsEmptyForAWhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	life := b.life()
	b.redis.SwapDB(0, 1)
	b.pass(2 * time.Second)
	b.deliver("t1", life, monitor.OutcomeUnknown)
	b.sweep(monitor.Swept{Schedules: 1, Suspected: 1})
	if !b.scheduler.Has("a") {
		t.Fatal("an unknown job's schedule was removed at once")
	}
	b.redis.SwapDB(0, 1)
	b.pass(2 * time.Second)
	b.deliver("t2", life, monitor.OutcomeSampled)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1})
	if err := b.scheduler.Unschedule(t.Context(), "a", life); err != nil {
		t.Fatal(err)
	}
	b.start("a") // the same request again
	if got := b.scheduler.Lives("a"); !slices.Equal(got, []int64{life}) {
		t.Errorf("schedules of lives %v after the same start again, want %d", got, life)
	}
}

// repeatedCreate is a monitor.Store whose client repeats a create by itself, after the
// job was stopped.
type repeatedCreate struct {
	monitor.Store
	between func()
}

func (s *repeatedCreate) Create(ctx context.Context, spec job.Spec, state job.State) (monitor.CreateResult, error) {
	if _, err := s.Store.Create(ctx, spec, state); err != nil {
		return 0, err
	}
	s.between()
	return s.Store.Create(ctx, spec, state)
}

// A start whose create comes after the stop of its life brings nothing back: the
// caller has to start again, and no schedule is left.
func TestStartThatWasStoppedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.store.Store = &repeatedCreate{b.store.Store, b.stops}
	if _, err := b.service.Start(t.Context(), request("a")); !failure.IsRetryable(err) {
		t.Errorf("Start: %v, want a retryable error", err)
	}
	if got := b.status(); got.Phase != job.PhaseStopped || b.scheduler.Has("a") {
		t.Errorf("%s, scheduled %t, want a stopped job without a schedule", got.Phase, b.scheduler.Has("a"))
	}
}
