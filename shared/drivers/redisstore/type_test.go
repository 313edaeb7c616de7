package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// A commit that meets a key of a wrong type changes nothing, and discarding the job
// removes that key too.
func TestCommitIsWholeOrNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ticks", "order", "history", "journal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
				t.Helper()
				client := open(t, "redis://"+r.Address.String())
				store := redisstore.New(client)
				fill(t, store, "a", 3)
				record, err := store.Load(t.Context(), "a", "")
				if err != nil {
					t.Fatal(err)
				}
				client.Set(t.Context(), "monitor:{a}:"+name, "x", 0)
				code, err := store.Commit(t.Context(), &monitor.Change{
					ID: "a", Revision: record.Revision, State: record.State, TickID: "late", Retention: time.Hour,
				})
				if !errors.Is(err, monitor.ErrUnreadable) {
					t.Errorf("Commit = %v, %v, want an error that wraps ErrUnreadable", code, err)
				}
				if again, err := store.Load(t.Context(), "a", ""); err != nil || again.Revision != record.Revision {
					t.Errorf("the revision is %d, %v, want %d", again.Revision, err, record.Revision)
				}
			})
		})
	}
}

func TestDiscardRemovesEveryKey(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "a", 3)
	for _, name := range []string{"state", "ticks", "order", "history", "job", "suspect"} {
		client.Set(t.Context(), "monitor:{a}:"+name, "x", 0)
	}
	if err := store.Discard(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if left := client.Keys(t.Context(), "monitor:{a}:*").Val(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// An index of a wrong type is no job's trouble: the error says which key to delete.
func TestIndexOfAWrongType(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	client.Set(t.Context(), "monitor:index", "x", 0)
	_, listed := store.List(t.Context(), "", 10)
	for name, err := range map[string]error{"List": listed, "Index": store.Index(t.Context(), "a")} {
		typed, ok := errors.AsType[*failure.Error](err)
		if !ok || typed.Kind != failure.KindUnavailable || !strings.Contains(typed.Public(), "monitor:index") {
			t.Errorf("%s = %v, want an error of kind unavailable that names the key", name, err)
		}
	}
}
