package monitortest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

func testReplay(t *testing.T, store monitor.Store) {
	t.Helper()
	if _, err := store.Replay(t.Context(), "a"); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("Replay of no job: %v, want %v", err, monitor.ErrUnknownJob)
	}
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	want := monitor.Replay{Record: load(t, store, "a", "")}
	expectReplay(t, store, want)

	first, second := sample.Sample{At: 1000, Job: 0.25, Replicas: 3}, sample.Sample{At: 3000, Job: 0.5, Error: -1e-9}
	for i, c := range []monitor.Change{
		{TickID: "t1", Sample: &first},
		{TickID: "t2"}, // it could not observe the job
		{TickID: "t3", Sample: &second, Settled: &first, Step: history.Step{Keep: true}},
	} {
		c.ID, c.Revision, c.State = "a", int64(i+1), running(int64(i+1))
		commit(t, store, c, monitor.CommitDone)
	}
	want = monitor.Replay{
		Record: load(t, store, "a", ""), History: []sample.Sample{first}, Recent: []sample.Sample{first, second},
	}
	expectReplay(t, store, want)
}

// storedHistory returns a job's history.
func storedHistory(t *testing.T, store monitor.Store, id job.ID) []sample.Sample {
	t.Helper()
	replay, err := store.Replay(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return replay.History
}

func expectReplay(t *testing.T, store monitor.Store, want monitor.Replay) {
	t.Helper()
	got, err := store.Replay(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	anyOrder := cmpopts.SortSlices(func(a, b sample.Sample) bool { return a.At < b.At })
	if diff := cmp.Diff(want, got, anyOrder, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("replay (-want +got):\n%s", diff)
	}
}
