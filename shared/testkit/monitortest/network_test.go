package monitortest_test

import (
	"context"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// counted counts the calls that take effect.
type counted struct{ calls chan struct{} }

func (c counted) Push(context.Context, job.Spec, monitor.PushKey, sample.Sample) error {
	c.calls <- struct{}{}
	return nil
}

// Each fault of the network comes: a call without reply that had no effect, one that
// had an effect, one that has it later, and one that is made twice.
func TestNetwork(t *testing.T) {
	t.Parallel()
	const calls = 400
	took := counted{make(chan struct{}, 2*calls)}
	network := monitortest.NewNetwork(1, 0.6, time.Millisecond)
	list := network.SampleList(took)
	seen := map[string]int{}
	for range calls {
		err := list.Push(t.Context(), job.Spec{}, monitor.PushKey{TickID: "t"}, sample.Sample{})
		now := drain(took.calls)
		network.Settle()
		switch late := drain(took.calls); {
		case err == nil:
			seen[map[int]string{1: "once", 2: "twice"}[now]]++
		case !failure.IsRetryable(err):
			t.Fatalf("%v, want an error that a client repeats", err)
		case now == 1:
			seen["lost reply"]++
		case late == 1:
			seen["late"]++
		default:
			seen["lost request"]++
		}
	}
	for _, fault := range []string{"once", "twice", "lost reply", "late", "lost request"} {
		if seen[fault] == 0 {
			t.Errorf("of %d calls none was %s: %v", calls, fault, seen)
		}
	}
}

func drain(calls chan struct{}) int {
	n := 0
	for {
		select {
		case <-calls:
			n++
		default:
			return n
		}
	}
}

// A network that is cut has no effect; one that is healed has no fault.
func TestNetworkCutAndHealed(t *testing.T) {
	t.Parallel()
	took := counted{make(chan struct{}, 1000)}
	network := monitortest.NewNetwork(1, 0, time.Millisecond)
	list := network.SampleList(took)
	network.Cut(true)
	for range 10 {
		if err := list.Push(t.Context(), job.Spec{}, monitor.PushKey{TickID: "t"}, sample.Sample{}); err == nil {
			t.Fatal("a call over a network that is cut succeeded")
		}
	}
	if n := drain(took.calls); n != 0 {
		t.Errorf("%d calls took effect over a network that is cut", n)
	}
	network.Heal()
	for range 10 {
		if err := list.Push(t.Context(), job.Spec{}, monitor.PushKey{TickID: "t"}, sample.Sample{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := drain(took.calls); n != 10 {
		t.Errorf("%d of 10 calls took effect", n)
	}
}

// A life ends and the next one begins while a request of the first one is under way.
// Its commit comes late, and is refused.
func TestNetworkCarriesAnEarlierLife(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		store := openStore(t)
		network := monitortest.NewNetwork(seed, 1, 20*time.Millisecond)
		over := network.Store(store)
		first := monitortest.Spec("a", "f")
		next := first
		next.Accepted = first.Accepted.Add(time.Second)
		mustCreate(t, store, first)
		_, _ = over.Commit(t.Context(), &monitor.Change{ID: "a", Revision: 1, State: job.State{Phase: job.PhaseRunning}, TickID: "t"})
		end(t, store)
		mustCreate(t, store, next)
		network.Settle()
		record, err := store.Load(t.Context(), "a", "t")
		if err != nil || record.Spec.Life() != next.Life() || record.State.Phase != job.PhasePending || record.Tick != nil {
			t.Errorf("seed %d: %+v, %v, want the second life untouched", seed, record, err)
		}
	}
}

// end ends job a, whatever a late commit makes of it.
func end(t *testing.T, store monitor.Store) {
	t.Helper()
	for range 100 {
		record, err := store.Load(t.Context(), "a", "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Commit(t.Context(), &monitor.Change{
			ID: "a", Revision: record.Revision, State: job.State{Phase: job.PhaseStopped}, Retention: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got == monitor.CommitDone {
			return
		}
	}
	t.Fatal("the job never ended")
}

func mustCreate(t *testing.T, store monitor.Store, spec job.Spec) {
	t.Helper()
	if got, err := store.Create(t.Context(), spec, job.State{Phase: job.PhasePending}); err != nil || got != monitor.CreatedNew {
		t.Fatal(got, err)
	}
}
