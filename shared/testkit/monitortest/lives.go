package monitortest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// testMarksOfALife: a mark or a count of another life changes nothing.
func testMarksOfALife(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	want := load(t, store, "a", "")
	for _, other := range []int64{Spec("a", "f").Life() - 1, Spec("a", "f").Life() + 1, 0} {
		for name, mark := range map[string]func() error{
			"MarkScheduled":  func() error { return store.MarkScheduled(ctx, "a", other, true) },
			"CountDuplicate": func() error { return store.CountDuplicate(ctx, "a", other) },
			"CountSurplus":   func() error { return store.CountSurplus(ctx, "a", other) },
			"MarkPublishers": func() error {
				return store.MarkPublishers(ctx, "a", other, map[string]monitor.PublisherState{"x": {Failing: true}})
			},
		} {
			if err := mark(); err != nil {
				t.Errorf("%s of another life: %v", name, err)
			}
			if diff := cmp.Diff(want, load(t, store, "a", "")); diff != "" {
				t.Fatalf("%s of another life changed the record (-want +got):\n%s", name, diff)
			}
		}
	}
}

// testLateCreate: a Create that comes late, or that a client repeats by itself,
// brings no life back that has ended.
func testLateCreate(t *testing.T, store monitor.Store) {
	t.Helper()
	first := Spec("a", "f")
	for _, spec := range []job.Spec{first, later(first)} {
		create(t, store, spec, running(0), monitor.CreatedNew)
		revision := load(t, store, "a", "").Revision
		commit(t, store, &monitor.Change{ID: "a", Revision: revision, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	}
	want := load(t, store, "a", "")
	for _, spec := range []job.Spec{first, later(first)} {
		create(t, store, spec, running(0), monitor.CreatedBefore)
		if diff := cmp.Diff(want, load(t, store, "a", "")); diff != "" {
			t.Fatalf("a late create of life %d changed the record (-want +got):\n%s", spec.Life(), diff)
		}
	}
}

func testSuspect(t *testing.T, store monitor.Store) {
	t.Helper()
	at := func(seconds int) time.Time { return Start.Add(time.Duration(seconds) * time.Second) }
	steps := []struct {
		name       string
		life       int64
		now, since time.Time
		want       time.Time
	}{
		{"the first suspicion", 1, at(10), time.Time{}, at(10)},
		{"it stays", 1, at(20), time.Time{}, at(10)},
		{"it is newer than the last tick", 1, at(30), at(9), at(10)},
		{"another life has its own", 2, at(40), time.Time{}, at(40)},
		{"a tick came since: it starts again", 1, at(50), at(45), at(50)},
		{"the other life's stays", 2, at(60), time.Time{}, at(40)},
	}
	for _, step := range steps { // of a job that does not exist
		got, err := store.Suspect(t.Context(), "a", step.life, step.now, step.since)
		if err != nil || !got.Equal(step.want) {
			t.Errorf("%s: since %v, %v, want %v", step.name, got, err, step.want)
		}
	}
	if _, err := store.Load(t.Context(), "a", ""); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("a suspicion created a job: %v", err)
	}
}

func testIndexAndDiscard(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for range 2 {
		if err := store.Index(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]job.ID{"a"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("a job that is indexed again (-want +got):\n%s", diff)
	}
	for range 2 {
		if err := store.Discard(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Load(ctx, "a", ""); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("a discarded job: %v, want %v", err, monitor.ErrUnknownJob)
	}
	if ids := list(t, store, "", 10); len(ids) != 0 {
		t.Errorf("listed %v after Discard, want none", ids)
	}
	create(t, store, Spec("a", "g"), running(0), monitor.CreatedNew)
}

// testRecoverNothing: the index has lost no job.
func testRecoverNothing(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	endAt(t, store, "b", 0)
	if recovered, err := store.Recover(t.Context()); err != nil || recovered != 0 {
		t.Errorf("recovered %d, %v, want none", recovered, err)
	}
	if diff := cmp.Diff([]job.ID{"a"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("listed after it (-want +got):\n%s", diff)
	}
}

// testListOrder: ids of which one begins with the other are in the order of
// monitor.ListOrder, in which schedulers list too.
func testListOrder(t *testing.T, store monitor.Store) {
	t.Helper()
	for _, id := range []job.ID{"a", "a-b", "a0", "ab", "a-", "0"} {
		if _, err := job.ParseID(string(id)); err == nil {
			create(t, store, Spec(id, "f"), running(0), monitor.CreatedNew)
		}
	}
	if diff := cmp.Diff([]job.ID{"0", "a-b", "a", "a0", "ab"}, list(t, store, "", 10)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]job.ID{"a0", "ab"}, list(t, store, "a", 10)); diff != "" {
		t.Errorf("after a (-want +got):\n%s", diff)
	}
}
