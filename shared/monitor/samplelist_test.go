package monitor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// The Controller's list refuses samples: nothing that the sender could repeat. The
// tick is acknowledged, the state goes on, and the status names the list until it
// takes a sample again.
func TestListThatRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	list := b.list.Next
	refusal := failure.Refused("the list at 10.1.2.3:6379 has a wrong type", errors.New("WRONGTYPE secret"))
	b.list.Next = pushFunc(func(string, sample.Sample) error { return refusal })
	b.queue.Set(half, nil)
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	b.tick("t1", monitor.OutcomeDuplicate)
	got := b.status()
	state := got.Publishers[monitor.SampleListName]
	if got.Samples != 1 || got.Failures != 0 || !state.Failing || state.LastError != "the list at 10.1.2.3:6379 has a wrong type" {
		t.Errorf("%d samples, %d failures, the list %+v, want one sample and the refusal", got.Samples, got.Failures, state)
	}
	b.list.Next = list
	b.at(4 * time.Second)
	b.tick("t2", monitor.OutcomeSampled)
	if state := b.status().Publishers[monitor.SampleListName]; state.Failing {
		t.Errorf("after a sample that it took: %+v, want not failing", state)
	}
}

// The list does not answer: the sender repeats the tick, and the status names the
// list meanwhile.
func TestListThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]job.QueueCount{"running": half, "the last tick": empty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			list := b.list.Next
			b.list.Next = pushFunc(func(string, sample.Sample) error { return failure.Unavailable("timed out", nil) })
			b.queue.Set(count, nil)
			b.at(2 * time.Second)
			b.tickFails("t1")
			b.tickFails("t1")
			if state := b.status().Publishers[monitor.SampleListName]; !state.Failing || state.LastError != "timed out" {
				t.Errorf("the list %+v, want the time-out", state)
			}
			b.list.Next = list
			b.tick("t1", monitor.OutcomeDuplicate)
			b.expectOnce(1)
			if state := b.status().Publishers[monitor.SampleListName]; state.Failing {
				t.Errorf("the list %+v, want not failing any more", state)
			}
		})
	}
}

// The last sample is pushed only once the end of the job is committed.
func TestLastSampleIsCommittedFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.queue.Set(empty, nil)
	b.at(2 * time.Second)
	b.store.Before = func() error { return errFault }
	b.tickFails("t1")
	if n := len(b.published()); n != 0 {
		t.Errorf("%d elements in the list, want none before the commit", n)
	}
	b.store.Before = nil
	b.tick("t1", monitor.OutcomeSampled)
	b.expectOnce(1)
}

// lateReply is a monitor.Store whose client repeats a commit by itself, as the
// reply to the first attempt was late: the second one says that the tick was
// already committed.
type lateReply struct {
	monitor.Store
	late bool
}

func (s *lateReply) Commit(ctx context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	result, err := s.Store.Commit(ctx, c)
	if s.late && err == nil && result == monitor.CommitDone && c.TickID != "" {
		s.late = false
		return s.Store.Commit(ctx, c)
	}
	return result, err
}

// A tick whose commit answers "committed before" to its own first attempt finishes
// what is left: its sample is in the list, its events are sent, the schedule of an
// ended job is removed.
func TestRepeatedCommitFinishesTheTick(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]job.QueueCount{"running": half, "the last tick": empty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupEvents(t)
			b.queue.Set(count, nil)
			store := &lateReply{Store: b.store.Store, late: true}
			b.store.Store = store
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeDuplicate)
			if n := len(b.published()); n != 1 || store.late {
				t.Errorf("%d elements in the list, want 1", n)
			}
			ended := count == empty
			if got := b.status(); got.Samples != 1 || got.Phase.Living() == ended || b.scheduler.Has("a") == ended {
				t.Errorf("%d samples, %s, scheduled %t", got.Samples, got.Phase, b.scheduler.Has("a"))
			}
			if got := kinds(b.receiver.Events()); !strings.HasPrefix(got, "started") {
				t.Errorf("events %q, want that of the start", got)
			}
		})
	}
}
