package monitortest

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

func testCommit(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	s := sample.Sample{At: 1795499061000, Job: 0.5, Time: 0.1, Error: 0.4, Replicas: 3}
	commit(t, store, &monitor.Change{
		ID: "a", Revision: 1, State: running(1), TickID: "t1", Sample: &s, Settled: &s, Step: history.Step{Keep: true},
	}, monitor.CommitDone)
	commit(t, store, &monitor.Change{ID: "a", Revision: 2, State: running(2), TickID: "t2"}, monitor.CommitDone)

	got := load(t, store, "a", "t1")
	if diff := cmp.Diff(&monitor.TickRecord{Sample: &s}, got.Tick); diff != "" {
		t.Errorf("tick with a sample (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(running(2), got.State); diff != "" || got.Revision != 3 {
		t.Errorf("revision %d, want 3; state (-want +got):\n%s", got.Revision, diff)
	}
	if diff := cmp.Diff(&monitor.TickRecord{}, load(t, store, "a", "t2").Tick); diff != "" {
		t.Errorf("tick without a sample (-want +got):\n%s", diff)
	}
	if got := load(t, store, "a", "t3").Tick; got != nil {
		t.Errorf("tick that was never committed: %+v, want nil", got)
	}
	if diff := cmp.Diff([]sample.Sample{s}, historyOf(t, store, "a")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func testCommitDuplicate(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	c := &monitor.Change{ID: "a", Revision: 1, State: running(1), TickID: "t1"}
	commit(t, store, c, monitor.CommitDone)
	commit(t, store, c, monitor.CommitDuplicate)
	c.Revision = 2
	commit(t, store, c, monitor.CommitDuplicate)
	if got := load(t, store, "a", ""); got.Revision != 2 || got.State.Summary.Count != 1 {
		t.Errorf("a second commit of a tick changed the state: %+v", got)
	}
}

func testCommitConflict(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	commit(t, store, &monitor.Change{ID: "a", Revision: 1, State: running(1), TickID: "t1"}, monitor.CommitDone)
	commit(t, store, &monitor.Change{ID: "a", Revision: 1, State: running(9), TickID: "t2"}, monitor.CommitConflict)
	got := load(t, store, "a", "t2")
	if got.Tick != nil || got.State.Summary.Count != 1 {
		t.Errorf("a refused commit changed the record: %+v", got)
	}
}

// manyTicks is more ticks than a store may remember.
const manyTicks = 300

func testTicksForgotten(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for i := range manyTicks {
		commit(t, store, &monitor.Change{
			ID: "a", Revision: int64(i + 1), State: running(1), TickID: fmt.Sprint("t", i),
		}, monitor.CommitDone)
	}
	if load(t, store, "a", "t0").Tick != nil {
		t.Error("the oldest tick is still remembered, want a bounded number of ticks")
	}
	for i := manyTicks - 50; i < manyTicks; i++ {
		if load(t, store, "a", fmt.Sprint("t", i)).Tick == nil {
			t.Fatalf("tick %d of %d is forgotten", i, manyTicks)
		}
	}
}

func testHistory(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	var index history.Index
	const offered = history.Max + 3
	for i := range offered {
		var step history.Step
		index, step = index.Offer()
		s := sample.Sample{At: int64(i)}
		commit(t, store, &monitor.Change{
			ID: "a", Revision: int64(i + 1), State: running(1), Settled: &s, Step: step,
		}, monitor.CommitDone)
	}
	samples := historyOf(t, store, "a")
	if int64(len(samples)) != index.Stored {
		t.Fatalf("%d samples, want %d", len(samples), index.Stored)
	}
	for i, s := range samples {
		if s.At != 2*int64(i) {
			t.Fatalf("sample %d of the history is number %d of those offered, want %d", i, s.At, 2*i)
		}
	}
}

func testCounters(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for _, count := range []func(context.Context, job.ID, int64) error{
		store.CountDuplicate, store.CountDuplicate, store.CountSurplus,
	} {
		if err := count(ctx, "a", Spec("a", "f").Life()); err != nil {
			t.Fatal(err)
		}
	}
	got := load(t, store, "a", "")
	if got.Duplicate != 2 || got.Surplus != 1 || got.Revision != 1 {
		t.Errorf("got %+v, want 2 duplicate ticks and 1 surplus tick at revision 1", got)
	}
}
