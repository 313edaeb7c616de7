package redisstore_test

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// Of a job of which one key is damaged nothing is returned, and once it is discarded
// the job can be started again.
func TestDamagedParts(t *testing.T) {
	t.Parallel()
	const absurd = "9223372036854775807,0,0,0,0"
	tests := map[string]struct {
		damage func(client redis.UniversalClient) error
		load   bool // Load reads it, Replay otherwise
	}{
		"job status":                 {func(c redis.UniversalClient) error { return c.HSet(t.Context(), key("a", "job"), "status", "[]").Err() }, true},
		"job status of another type": {func(c redis.UniversalClient) error { return c.Set(t.Context(), key("a", "job"), "x", 0).Err() }, true},
		"tick":                       {func(c redis.UniversalClient) error { return c.HSet(t.Context(), key("a", "ticks"), "t", "x").Err() }, true},
		"tick without a year":        {func(c redis.UniversalClient) error { return c.HSet(t.Context(), key("a", "ticks"), "t", absurd).Err() }, true},
		"recent tick":                {func(c redis.UniversalClient) error { return c.HSet(t.Context(), key("a", "ticks"), "t", "1,2").Err() }, false},
		"history":                    {func(c redis.UniversalClient) error { return c.RPush(t.Context(), key("a", "history"), "1,2").Err() }, false},
		"history without a year":     {func(c redis.UniversalClient) error { return c.RPush(t.Context(), key("a", "history"), absurd).Err() }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := open(t, redistest.Start(t).URL())
			store := redisstore.New(client)
			fill(t, store, "a", 1)
			if err := tt.damage(client); err != nil {
				t.Fatal(err)
			}
			record, err := store.Load(t.Context(), "a", "t")
			expectWhole(t, record, err)
			replay, replayErr := store.Replay(t.Context(), "a")
			expectWhole(t, replay, replayErr)
			if tt.load && !errors.Is(err, monitor.ErrUnreadable) || !tt.load && !errors.Is(replayErr, monitor.ErrUnreadable) {
				t.Errorf("Load: %v, Replay: %v, want ErrUnreadable", err, replayErr)
			}
			if err := store.Discard(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			fill(t, store, "a", 1)
			if _, err := store.Load(t.Context(), "a", "t"); err != nil {
				t.Errorf("Load after the discard: %v", err)
			}
		})
	}
}

// Revisions that no number of Lua writes as digits still rise by one.
func TestHighRevisions(t *testing.T) {
	t.Parallel()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		client := open(t, "redis://"+r.Address.String())
		store := redisstore.New(client)
		for _, revision := range []int64{99_999_999_999_999, 1<<53 + 1, 999_999_999_999_999_000} {
			fill(t, store, "a", 1)
			if err := client.HSet(t.Context(), key("a", "state"), "rev", revision).Err(); err != nil {
				t.Fatal(err)
			}
			got, err := store.Commit(t.Context(), &monitor.Change{ID: "a", Revision: revision, State: job.State{Phase: job.PhaseStopped}, Retention: 1e12})
			if err != nil || got != monitor.CommitDone {
				t.Fatal(got, err)
			}
			spec := monitortest.Spec("a", "f")
			spec.Accepted = spec.Accepted.Add(1e9)
			if got, err := store.Create(t.Context(), spec, job.State{Phase: job.PhasePending}); err != nil || got != monitor.CreatedNew {
				t.Fatal(got, err)
			}
			if record, err := store.Load(t.Context(), "a", ""); err != nil || record.Revision != revision+2 {
				t.Errorf("revision %d after a commit and a create, %v, want %d", record.Revision, err, revision+2)
			}
			if err := store.Discard(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
	})
}
