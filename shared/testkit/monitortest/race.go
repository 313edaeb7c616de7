package monitortest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func testConcurrentCommits(t *testing.T, store monitor.Store) {
	t.Helper()
	const writers, each = 8, 20
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				if err := increment(t, store, fmt.Sprintf("%d-%d", w, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := load(t, store, "a", "").State.Summary.Count; got != writers*each {
		t.Errorf("the state counts %d samples, want %d", got, writers*each)
	}
}

// increment commits one tick of job a that adds a sample to its state. It
// repeats that after each conflict.
func increment(t *testing.T, store monitor.Store, tickID string) error {
	t.Helper()
	for range 10_000 {
		r, err := store.Load(t.Context(), "a", tickID)
		if err != nil {
			return err
		}
		got, err := store.Commit(t.Context(), &monitor.Change{
			ID: "a", Revision: r.Revision, State: running(r.State.Summary.Count + 1), TickID: tickID,
		})
		if err != nil || got == monitor.CommitDone {
			return err
		}
	}
	return errors.New("no commit without a conflict")
}

func testConcurrentCreates(t *testing.T, store monitor.Store) {
	t.Helper()
	var mu sync.Mutex
	counts := map[monitor.CreateResult]int{}
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			got, err := store.Create(t.Context(), Spec("a", strconv.Itoa(i%2)), running(0))
			mu.Lock()
			defer mu.Unlock()
			counts[got]++
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	want := map[monitor.CreateResult]int{monitor.CreatedNew: 1, monitor.CreatedSame: 3, monitor.CreatedOther: 4}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("results of Create (-want +got):\n%s", diff)
	}
}

// A job that is restarted while its ended life is removed from the list must stay
// listed.
func testConcurrentRestarts(t *testing.T, store monitor.Store) {
	t.Helper()
	for round := range 30 {
		id := job.ID(fmt.Sprint("a", round))
		create(t, store, Spec(id, "f"), running(0), monitor.CreatedNew)
		var group errgroup.Group
		group.Go(func() error {
			_, err := store.Commit(t.Context(), &monitor.Change{ID: id, Revision: 1, State: ended(), Retention: time.Hour})
			return err
		})
		group.Go(func() error {
			for range 10_000 {
				got, err := store.Create(t.Context(), later(Spec(id, "g")), running(0))
				if err != nil || got == monitor.CreatedNew {
					return err
				}
			}
			return errors.New("the job never ended")
		})
		group.Go(func() error { _, err := store.List(t.Context(), "", 100); return err })
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		ids := list(t, store, "", 100)
		if len(ids) != round+1 {
			t.Fatalf("round %d: %v are listed, want %d jobs", round, ids, round+1)
		}
	}
}
