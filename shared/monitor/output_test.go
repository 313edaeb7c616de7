package monitor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// pushFunc is a monitor.SampleList that calls itself.
type pushFunc func(tickID string, s sample.Sample) error

func (f pushFunc) Push(_ context.Context, _ job.Spec, key monitor.PushKey, s sample.Sample) error {
	return f(key.TickID, s)
}

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

// lateReply is a monitor.Store whose client repeats a commit by itself, as the
// reply to the first attempt was late: the second one says that the tick was
// already committed.
type lateReply struct {
	monitor.Store
	late bool
}

func (s *lateReply) Commit(ctx context.Context, c monitor.Change) (monitor.CommitResult, error) {
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

// Kubernetes refuses, in whatever way: the job goes on by its queue, and the status
// says which half is missing, since when and why.
func TestKubernetesRefuses(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{
		"forbidden":         &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes forbids it", Err: errors.New("token abc")},
		"refused":           failure.Refused("Kubernetes forbids it", errors.New("token abc")),
		"too many requests": failure.Unavailable("Kubernetes forbids it", nil),
		"a conflict":        &failure.Error{Kind: failure.KindConflict, Message: "Kubernetes forbids it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			answer, unread := job.KubeStatus{Active: 3, Started: true}, error(nil)
			b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return answer, unread }))
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			if got := b.status().Unobserved; got != nil {
				t.Errorf("unobserved %+v, want none", got)
			}
			unread = refusal
			b.queue.Set(half, nil)
			for i, id := range []string{"t2", "t3", "t4", "t5", "t6"} { // more than the failures that end a job
				b.at(time.Duration(4+2*i) * time.Second)
				b.tick(id, monitor.OutcomeSampled)
			}
			got := b.status()
			if got.Failures != 0 || got.Progress.Job != 0.5 || got.Last.Replicas != 3 || got.Health != forecast.StatusOK {
				t.Errorf("%d failures, progress %+v, replicas %d, %s, want the job to go on", got.Failures, got.Progress, got.Last.Replicas, got.Health)
			}
			u := got.Unobserved
			if u == nil || u.Queue != nil || u.Kube == nil || u.Kube.Error != "Kubernetes forbids it" || u.Kube.Since.Sub(b.clock()) != -8*time.Second {
				t.Errorf("unobserved %+v, want the job status since 8 s", u)
			}
		})
	}
}

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

func TestSuspendedIsShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	b.start("a")
	b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{Suspended: true, Started: true}, nil
	}))
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	if got := b.status().Health; got != forecast.StatusSuspended {
		t.Errorf("health %s, want suspended", got)
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
