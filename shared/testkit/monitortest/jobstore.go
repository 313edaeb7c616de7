package monitortest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

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
	commit(t, store, &monitor.Change{
		ID: "a", Revision: 1, State: running(1), TickID: "t1", Sample: &s, Settled: &s, Step: history.Step{Keep: true},
	}, monitor.CommitDone)
	commit(t, store, &monitor.Change{ID: "a", Revision: 2, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	create(t, store, later(Spec("a", "g")), running(5), monitor.CreatedNew)

	got := load(t, store, "a", "t1")
	if got.Tick != nil || got.Spec.Fingerprint != "g" || got.State.Summary.Count != 5 {
		t.Errorf("the new life has data of the old one: %+v", got)
	}
	if got.Revision != 4 {
		t.Errorf("revision %d, want 4: a late commit of the old life must conflict", got.Revision)
	}
	if samples := historyOf(t, store, "a"); len(samples) != 0 {
		t.Errorf("history %v, want none", samples)
	}
	if ids := list(t, store, "", 10); len(ids) != 1 {
		t.Errorf("listed %v, want only a", ids)
	}
}

func testReplay(t *testing.T, store monitor.Store) {
	t.Helper()
	if _, err := store.Replay(t.Context(), "a"); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("Replay of an unknown job: %v, want %v", err, monitor.ErrUnknownJob)
	}
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	want := monitor.Replay{Record: load(t, store, "a", "")}
	expectReplay(t, store, want)

	first, second := sample.Sample{At: 1000, Job: 0.25, Replicas: 3}, sample.Sample{At: 3000, Job: 0.5, Error: -1e-9}
	for i, c := range []monitor.Change{
		{TickID: "t1", Sample: &first},
		{TickID: "t2"}, // could not observe the job
		{TickID: "t3", Sample: &second, Settled: &first, Step: history.Step{Keep: true}},
	} {
		c.ID, c.Revision, c.State = "a", int64(i+1), running(int64(i+1))
		commit(t, store, &c, monitor.CommitDone)
	}
	want = monitor.Replay{
		Record: load(t, store, "a", ""), History: []sample.Sample{first}, Recent: []sample.Sample{first, second},
	}
	expectReplay(t, store, want)
}

func testList(t *testing.T, store monitor.Store) {
	t.Helper()
	if ids := list(t, store, "", 10); len(ids) != 0 {
		t.Errorf("an empty store lists %v", ids)
	}
	for _, id := range []job.ID{"c", "a", "e", "b", "d"} {
		create(t, store, Spec(id, "f"), running(0), monitor.CreatedNew)
	}
	var got []job.ID
	after := job.ID("")
	for pages := 1; ; pages++ {
		page, err := store.List(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		next := page.Next
		for _, r := range page.Records {
			got = append(got, r.Spec.ID)
		}
		if next == "" {
			break
		}
		if after = next; pages > 5 {
			t.Fatal("List returns a next page without end")
		}
	}
	if diff := cmp.Diff([]job.ID{"a", "b", "c", "d", "e"}, got); diff != "" {
		t.Errorf("pages of two (-want +got):\n%s", diff)
	}
}

func testListEnded(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	create(t, store, Spec("b", "f"), running(0), monitor.CreatedNew)
	commit(t, store, &monitor.Change{ID: "a", Revision: 1, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	if diff := cmp.Diff([]job.ID{"b"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("living jobs (-want +got):\n%s", diff)
	}
	if got := load(t, store, "a", ""); got.State.Phase != job.PhaseFinished {
		t.Errorf("the state of the ended job is lost: %+v", got)
	}
}

func testListUndelivered(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	undelivered := ended()
	undelivered.Outbox = []job.Event{{Job: "a", Life: 1, Sequence: 7, Kind: job.EventFinished, At: Start}}
	commit(t, store, &monitor.Change{ID: "a", Revision: 1, State: undelivered, Retention: time.Hour}, monitor.CommitDone)
	if diff := cmp.Diff([]job.ID{"a"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("listed with an ended job that has an undelivered event (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(undelivered.Outbox, load(t, store, "a", "").State.Outbox); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	commit(t, store, &monitor.Change{ID: "a", Revision: 2, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	if ids := list(t, store, "", 10); len(ids) != 0 {
		t.Errorf("listed %v after the event was delivered, want none", ids)
	}
}

// expectReplay checks the replay of job a.
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

// historyOf returns the samples of a job's history.
func historyOf(t *testing.T, store monitor.Store, id job.ID) []sample.Sample {
	t.Helper()
	replay, err := store.Replay(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return replay.History
}
