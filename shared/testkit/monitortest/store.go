// Package monitortest provides a suite that every store must pass, and fakes of the
// ports for faults that real parts do not produce.
package monitortest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
	"kubejobs/shared/monitor"
)

// Start is the time at which the suite's jobs are accepted.
var Start = time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)

// Spec returns a job for tests.
func Spec(id job.ID, fingerprint string) job.Spec {
	return job.Spec{
		ID: id, Items: 6, Budget: time.Minute, Submitted: Start, Period: 2 * time.Second,
		Queue: job.Address{Host: "127.0.0.1", Port: 6379}, Strategy: "default",
		Fingerprint: fingerprint, Accepted: Start,
	}
}

// RunStore runs the suite. open returns an empty store that shares nothing with
// another one.
func RunStore(t *testing.T, open func(t *testing.T) monitor.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, monitor.Store){
		"unknown job":                    testUnknown,
		"create and load":                testCreate,
		"create on a living job":         testCreateLiving,
		"create after the end":           testCreateAfterEnd,
		"commit":                         testCommit,
		"commit of a tick seen before":   testCommitTwice,
		"commit on an older revision":    testCommitConflict,
		"ticks are forgotten in order":   testTicksForgotten,
		"counters":                       testCounters,
		"the Job's status":               testSaveJob,
		"history is halved":              testHistory,
		"replay":                         testReplay,
		"list pages":                     testList,
		"list drops ended jobs":          testListEnded,
		"list keeps jobs that owe":       testListOwing,
		"publishers' state":              testPublishers,
		"concurrent commits lose none":   testConcurrentCommits,
		"concurrent creates make one":    testConcurrentCreates,
		"concurrent restarts are listed": testConcurrentRestarts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testUnknown(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	if _, err := store.Load(ctx, "none", "tick"); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("Load: %v, want %v", err, monitor.ErrUnknownJob)
	}
	got, err := store.Commit(ctx, monitor.Change{ID: "none", State: job.State{Phase: job.PhaseRunning}})
	if err != nil || got != monitor.CommitGone {
		t.Errorf("Commit = %v, %v, want %v", got, err, monitor.CommitGone)
	}
	for name, mark := range map[string]func() error{
		"MarkScheduled":  func() error { return store.MarkScheduled(ctx, "none", true) },
		"CountDuplicate": func() error { return store.CountDuplicate(ctx, "none") },
		"CountSurplus":   func() error { return store.CountSurplus(ctx, "none") },
		"MarkPublishers": func() error { return store.MarkPublishers(ctx, "none", nil) },
	} {
		if err := mark(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := store.Load(ctx, "none", ""); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("marks made a job that does not exist: %v", err)
	}
}

func testCreate(t *testing.T, store monitor.Store) {
	t.Helper()
	spec, state := Spec("a", "f"), job.State{Phase: job.PhasePending, WorkSeen: true}
	create(t, store, spec, state, monitor.CreatedNew)
	want := monitor.Record{Spec: spec, State: state, Revision: 1}
	if diff := cmp.Diff(want, load(t, store, "a", "")); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func testCreateLiving(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(1), monitor.CreatedNew)
	before := load(t, store, "a", "")
	create(t, store, Spec("a", "f"), running(2), monitor.CreatedSame)
	create(t, store, Spec("a", "g"), running(3), monitor.CreatedOther)
	if diff := cmp.Diff(before, load(t, store, "a", "")); diff != "" {
		t.Errorf("a refused create changed the record:\n%s", diff)
	}
}

func testCreateAfterEnd(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	s := sample.Sample{At: 1}
	commit(t, store, monitor.Change{
		ID: "a", Revision: 1, State: running(1), TickID: "t1", Sample: &s, Settled: &s, Step: history.Step{Keep: true},
	}, monitor.CommitDone)
	commit(t, store, monitor.Change{ID: "a", Revision: 2, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	create(t, store, Spec("a", "g"), running(5), monitor.CreatedNew)

	got := load(t, store, "a", "t1")
	if got.Tick != nil || got.Spec.Fingerprint != "g" || got.State.Summary.Count != 5 {
		t.Errorf("the new life has something of the old one: %+v", got)
	}
	if got.Revision != 4 {
		t.Errorf("revision %d, want 4: a commit of the old life must not fit the new one", got.Revision)
	}
	if samples := storedHistory(t, store, "a"); len(samples) != 0 {
		t.Errorf("history %v, want none", samples)
	}
	if ids := list(t, store, "", 10); len(ids) != 1 {
		t.Errorf("listed %v, want a", ids)
	}
}

func testCommit(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	s := sample.Sample{At: 1795499061000, Job: 0.5, Time: 0.1, Error: 0.4, Replicas: 3}
	commit(t, store, monitor.Change{
		ID: "a", Revision: 1, State: running(1), TickID: "t1", Sample: &s, Settled: &s, Step: history.Step{Keep: true},
	}, monitor.CommitDone)
	commit(t, store, monitor.Change{ID: "a", Revision: 2, State: running(2), TickID: "t2"}, monitor.CommitDone)

	got := load(t, store, "a", "t1")
	if diff := cmp.Diff(&monitor.TickRecord{Sample: &s}, got.Tick); diff != "" {
		t.Errorf("tick with a sample (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(running(2), got.State); diff != "" || got.Revision != 3 {
		t.Errorf("revision %d, want 3; state (-want +got):\n%s", got.Revision, diff)
	}
	if diff := cmp.Diff(&monitor.TickRecord{}, load(t, store, "a", "t2").Tick); diff != "" {
		t.Errorf("tick that failed (-want +got):\n%s", diff)
	}
	if got := load(t, store, "a", "t3").Tick; got != nil {
		t.Errorf("tick that never came: %+v, want nil", got)
	}
	if diff := cmp.Diff([]sample.Sample{s}, storedHistory(t, store, "a")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func testCommitTwice(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	c := monitor.Change{ID: "a", Revision: 1, State: running(1), TickID: "t1"}
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
	commit(t, store, monitor.Change{ID: "a", Revision: 1, State: running(1), TickID: "t1"}, monitor.CommitDone)
	commit(t, store, monitor.Change{ID: "a", Revision: 1, State: running(9), TickID: "t2"}, monitor.CommitConflict)
	got := load(t, store, "a", "t2")
	if got.Tick != nil || got.State.Summary.Count != 1 {
		t.Errorf("a conflict left something: %+v", got)
	}
}

// rememberedAtMost is more than the number of ticks that a store must remember.
const rememberedAtMost = 300

func testTicksForgotten(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for i := range rememberedAtMost {
		commit(t, store, monitor.Change{
			ID: "a", Revision: int64(i + 1), State: running(1), TickID: fmt.Sprint("t", i),
		}, monitor.CommitDone)
	}
	if load(t, store, "a", "t0").Tick != nil {
		t.Error("the oldest tick is remembered: the memory is not bounded")
	}
	for i := rememberedAtMost - 50; i < rememberedAtMost; i++ {
		if load(t, store, "a", fmt.Sprint("t", i)).Tick == nil {
			t.Fatalf("tick %d of %d is forgotten", i, rememberedAtMost)
		}
	}
}

func running(count int64) job.State {
	return job.State{Phase: job.PhaseRunning, Summary: summary.Summary{Count: count}}
}

func ended() job.State {
	return job.State{Phase: job.PhaseFinished, EndedAt: Start.UnixMilli()}
}

func create(t *testing.T, store monitor.Store, spec job.Spec, state job.State, want monitor.CreateResult) {
	t.Helper()
	if got, err := store.Create(t.Context(), spec, state); err != nil || got != want {
		t.Fatalf("Create = %v, %v, want %v", got, err, want)
	}
}

func commit(t *testing.T, store monitor.Store, c monitor.Change, want monitor.CommitResult) {
	t.Helper()
	if got, err := store.Commit(t.Context(), c); err != nil || got != want {
		t.Fatalf("Commit = %v, %v, want %v", got, err, want)
	}
}

func load(t *testing.T, store monitor.Store, id job.ID, tick string) monitor.Record {
	t.Helper()
	record, err := store.Load(t.Context(), id, tick)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func list(t *testing.T, store monitor.Store, after job.ID, limit int) []job.ID {
	t.Helper()
	records, _, err := store.List(t.Context(), after, limit)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]job.ID, 0, len(records))
	for _, r := range records {
		ids = append(ids, r.Spec.ID)
	}
	return ids
}
