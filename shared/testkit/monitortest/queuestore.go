package monitortest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// keep is how long the suite stores the users of a queue.
const keep = time.Hour

// useQueue expects UseQueue to return these jobs.
func useQueue(t *testing.T, store monitor.Store, spec job.Spec, want ...job.ID) {
	t.Helper()
	got, err := store.UseQueue(t.Context(), spec, keep)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("UseQueue of %s: %v; users (-want +got):\n%s", spec.ID, err, diff)
	}
}

// living creates a living job.
func living(t *testing.T, store monitor.Store, spec job.Spec) job.Spec {
	t.Helper()
	create(t, store, spec, running(0), monitor.CreatedNew)
	return spec
}

// end ends a job.
func end(t *testing.T, store monitor.Store, id job.ID) {
	t.Helper()
	revision := load(t, store, id, "").Revision
	commit(t, store, &monitor.Change{ID: id, Revision: revision, State: ended(), Retention: time.Hour}, monitor.CommitDone)
}

func testUseQueue(t *testing.T, store monitor.Store) {
	t.Helper()
	a, b, c := living(t, store, Spec("a", "f")), living(t, store, later(Spec("b", "f"))), living(t, store, Spec("c", "f"))
	useQueue(t, store, a)
	useQueue(t, store, a)
	useQueue(t, store, b, "a")
	useQueue(t, store, a, "b")
	useQueue(t, store, c, "a", "b") // the earliest life first
	useQueue(t, store, b, "a", "c")

	end(t, store, "b") // without LeaveQueue
	useQueue(t, store, a, "c")
	if err := store.LeaveQueue(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	useQueue(t, store, a)
	useQueue(t, store, c, "a") // it is living still
	useQueue(t, store, a, "c")
}

func testUseQueueOfALife(t *testing.T, store monitor.Store) {
	t.Helper()
	a, first := living(t, store, Spec("a", "f")), living(t, store, Spec("b", "f"))
	useQueue(t, store, first)
	end(t, store, "b")
	second := later(first)
	second.Queue.Database = 7
	living(t, store, second)
	useQueue(t, store, a)      // the second life of b uses another queue
	useQueue(t, store, second) // a does not use it
	end(t, store, "b")

	third := later(second)
	third.Queue = first.Queue
	living(t, store, third)
	useQueue(t, store, third, "a")
	for _, earlier := range []job.Spec{first, second} { // late calls of earlier lives
		if err := store.LeaveQueue(t.Context(), earlier); err != nil {
			t.Fatal(err)
		}
		useQueue(t, store, earlier, onlyIf(earlier.Queue == first.Queue, "a")...)
		useQueue(t, store, a, "b")
	}
}

// onlyIf returns ids if it is so.
func onlyIf(so bool, ids ...job.ID) []job.ID {
	if !so {
		return nil
	}
	return ids
}

func testSharedLists(t *testing.T, store monitor.Store) {
	t.Helper()
	usual := Spec("", "").Queue
	tests := map[string]struct {
		change func(*job.Queue)
		shared bool
	}{
		"the same":                 {func(*job.Queue) {}, true},
		"the usual names, given":   {func(q *job.Queue) { q.Lists = q.Lists.Named() }, true},
		"another host":             {func(q *job.Queue) { q.Host = "127.0.0.2" }, false},
		"another port":             {func(q *job.Queue) { q.Port = 6380 }, false},
		"another database":         {func(q *job.Queue) { q.Database = 1 }, false},
		"other lists":              {func(q *job.Queue) { q.Lists = job.Lists{Pending: "a", Processing: "b", Results: "c"} }, false},
		"the first list in common": {func(q *job.Queue) { q.Lists = job.Lists{Processing: "b", Results: "c"} }, true},
		"the second list":          {func(q *job.Queue) { q.Lists = job.Lists{Pending: "a", Results: "c"} }, true},
		"the third list":           {func(q *job.Queue) { q.Lists = job.Lists{Pending: "a", Processing: "b"} }, true},
		"one feeds the other":      {func(q *job.Queue) { q.Lists = job.Lists{Pending: "job:results", Processing: "b", Results: "c"} }, true},
		"lists with braces": {
			func(q *job.Queue) { q.Lists = job.Lists{Pending: "{a}", Processing: "}{", Results: "{b}job"} }, false,
		},
	}
	count := 0
	for name, tt := range tests {
		count++
		id := job.ID(fmt.Sprintf("j%d", count))
		a, b := Spec(id+"-a", "f"), Spec(id+"-b", "f")
		a.Queue, b.Queue = usual, usual
		tt.change(&b.Queue)
		a, b = living(t, store, a), living(t, store, b)
		useQueue(t, store, a)
		useQueue(t, store, b, onlyIf(tt.shared, a.ID)...)
		useQueue(t, store, a, onlyIf(tt.shared, b.ID)...)
		if t.Failed() {
			t.Fatalf("in the case %q", name)
		}
		end(t, store, a.ID)
		end(t, store, b.ID)
	}
}

func testManyUseAQueue(t *testing.T, store monitor.Store) {
	t.Helper()
	var want []job.ID
	for i := range monitor.MaxQueueUsers + 5 {
		spec := Spec(job.ID(fmt.Sprintf("j%03d", i)), "f")
		spec.Accepted = Start.Add(time.Duration(i) * time.Second)
		useQueue(t, store, living(t, store, spec), want[:min(i, monitor.MaxQueueUsers)]...)
		want = append(want, spec.ID)
	}
}
