package monitortest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

func testCounters(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for _, mark := range []func() error{
		func() error { return store.MarkScheduled(ctx, "a", true) },
		func() error { return store.CountDuplicate(ctx, "a") },
		func() error { return store.CountDuplicate(ctx, "a") },
		func() error { return store.CountSurplus(ctx, "a") },
	} {
		if err := mark(); err != nil {
			t.Fatal(err)
		}
	}
	got := load(t, store, "a", "")
	if !got.Scheduled || got.Duplicate != 2 || got.Surplus != 1 || got.Revision != 1 {
		t.Errorf("got %+v, want scheduled, 2 duplicate, 1 surplus at revision 1", got)
	}
	if err := store.MarkScheduled(ctx, "a", false); err != nil || load(t, store, "a", "").Scheduled {
		t.Errorf("still marked as scheduled (%v)", err)
	}
}

func testSaveJob(t *testing.T, store monitor.Store) {
	t.Helper()
	save := func(status job.KubeStatus, version uint64) {
		t.Helper()
		if err := store.SaveKubeStatus(t.Context(), "a", status, version); err != nil {
			t.Fatal(err)
		}
	}
	save(job.KubeStatus{Active: 2, Started: true}, 7) // before the job is monitored
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	save(job.KubeStatus{Active: 9}, 6) // older
	if diff := cmp.Diff(&job.KubeStatus{Active: 2, Started: true}, load(t, store, "a", "").Kube); diff != "" {
		t.Errorf("after an older event (-want +got):\n%s", diff)
	}
	save(job.KubeStatus{Complete: true}, 12) // newer, not as text
	if diff := cmp.Diff(&job.KubeStatus{Complete: true}, load(t, store, "a", "").Kube); diff != "" {
		t.Errorf("after a newer event (-want +got):\n%s", diff)
	}
	create(t, store, Spec("b", "f"), running(0), monitor.CreatedNew)
	if got := load(t, store, "b", "").Kube; got != nil {
		t.Errorf("a job without events has %+v", got)
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
		commit(t, store, monitor.Change{
			ID: "a", Revision: int64(i + 1), State: running(1), Settled: &s, Step: step,
		}, monitor.CommitDone)
	}
	samples := storedHistory(t, store, "a")
	if int64(len(samples)) != index.Stored {
		t.Fatalf("%d samples, want %d", len(samples), index.Stored)
	}
	for i, s := range samples {
		if s.At != 2*int64(i) {
			t.Fatalf("sample %d is number %d, want %d", i, s.At, 2*i)
		}
	}
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
		records, next, err := store.List(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			got = append(got, r.Spec.ID)
		}
		if next == "" {
			break
		}
		if after = next; pages > 5 {
			t.Fatal("the list does not end")
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
	commit(t, store, monitor.Change{ID: "a", Revision: 1, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	if diff := cmp.Diff([]job.ID{"b"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("living jobs (-want +got):\n%s", diff)
	}
	if got := load(t, store, "a", ""); got.State.Phase != job.PhaseFinished {
		t.Errorf("the ended job's state is gone: %+v", got)
	}
}

func testListOwing(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	owing := ended()
	owing.Outbox = []job.Event{{Job: "a", Life: 1, Sequence: 7, Kind: job.EventFinished, At: Start}}
	commit(t, store, monitor.Change{ID: "a", Revision: 1, State: owing, Retention: time.Hour}, monitor.CommitDone)
	if diff := cmp.Diff([]job.ID{"a"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("an ended job that owes an event (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(owing.Outbox, load(t, store, "a", "").State.Outbox); diff != "" {
		t.Errorf("its outbox (-want +got):\n%s", diff)
	}
	commit(t, store, monitor.Change{ID: "a", Revision: 2, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	if ids := list(t, store, "", 10); len(ids) != 0 {
		t.Errorf("an ended job that owes nothing any more: %v, want none", ids)
	}
}

func testPublishers(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	if got := load(t, store, "a", "").Publishers; got != nil {
		t.Errorf("at first: %v, want none", got)
	}
	want := map[string]monitor.PublisherState{"x": {Failing: true, LastError: `it said "no"`, At: 7}}
	if err := store.MarkPublishers(t.Context(), "a", want); err != nil {
		t.Fatal(err)
	}
	got := load(t, store, "a", "")
	if diff := cmp.Diff(want, got.Publishers); diff != "" || got.Revision != 1 {
		t.Errorf("revision %d, want 1 (-want +got):\n%s", got.Revision, diff)
	}
}
