package monitortest

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// endAt ends a job that was just created, some time after Start.
func endAt(t *testing.T, store monitor.Store, id job.ID, after time.Duration) {
	t.Helper()
	create(t, store, Spec(id, "f"), running(1), monitor.CreatedNew)
	state := ended()
	state.EndedAt = Start.Add(after).UnixMilli()
	commit(t, store, &monitor.Change{ID: id, Revision: 1, State: state, Retention: time.Hour}, monitor.CommitDone)
}

func testEnded(t *testing.T, store monitor.Store) {
	t.Helper()
	endAt(t, store, "a", 0)
	endAt(t, store, "c", 40*time.Minute)
	endAt(t, store, "b", 20*time.Minute)
	tests := map[string]struct {
		since time.Duration
		limit int
		want  []job.ID
	}{
		"all, the last first":     {0, 10, []job.ID{"c", "b", "a"}},
		"a limit":                 {0, 2, []job.ID{"c", "b"}},
		"since a time":            {20 * time.Minute, 10, []job.ID{"c", "b"}},
		"since after all of them": {time.Hour, 10, nil},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, endedIDs(t, store, tt.since, tt.limit)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	endAt(t, store, "d", 65*time.Minute) // the retention of a is over
	if diff := cmp.Diff([]job.ID{"d", "c", "b"}, endedIDs(t, store, 0, 10)); diff != "" {
		t.Errorf("after the retention of one (-want +got):\n%s", diff)
	}
}

func endedIDs(t *testing.T, store monitor.Store, since time.Duration, limit int) []job.ID {
	t.Helper()
	found, err := store.Ended(t.Context(), Start.Add(since), limit)
	if err != nil {
		t.Fatal(err)
	}
	var ids []job.ID
	for _, e := range found {
		ids = append(ids, e.ID)
	}
	return ids
}

func testRecords(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(1), monitor.CreatedNew)
	endAt(t, store, "b", 0)
	page, err := store.Records(t.Context(), []job.ID{"b", "x", "a"})
	want := monitor.Page{Records: []monitor.Record{load(t, store, "b", ""), load(t, store, "a", "")}}
	if diff := cmp.Diff(want, page); err != nil || diff != "" {
		t.Errorf("records (-want +got), %v:\n%s", err, diff)
	}
}

func testJournal(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(1), monitor.CreatedNew)
	var want []job.Entry
	for i := range job.MaxJournal + 3 {
		entry := job.Entry{At: Start.Add(time.Duration(i) * time.Second), Kind: job.EventAtRisk, Text: "number " + strconv.Itoa(i)}
		want = append(want, entry)
		commit(t, store, &monitor.Change{ID: "a", Revision: int64(i + 1), State: running(1), Journal: []job.Entry{entry}}, monitor.CommitDone)
	}
	if diff := cmp.Diff(want[3:], journal(t, store)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	revision := int64(len(want) + 1)
	commit(t, store, &monitor.Change{
		ID: "a", Revision: revision - 1, State: running(1), Journal: want[:1],
	}, monitor.CommitConflict)
	if got := journal(t, store); len(got) != job.MaxJournal || got[len(got)-1] != want[len(want)-1] {
		t.Errorf("a refused commit changed the journal: %v", got)
	}
	commit(t, store, &monitor.Change{ID: "a", Revision: revision, State: ended(), Retention: time.Hour}, monitor.CommitDone)
	create(t, store, later(Spec("a", "g")), running(1), monitor.CreatedNew)
	if got := journal(t, store); len(got) != 0 {
		t.Errorf("the next life has the journal %v", got)
	}
}

func journal(t *testing.T, store monitor.Store) []job.Entry {
	t.Helper()
	entries, err := store.Journal(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return entries
}
