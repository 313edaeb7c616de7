package redisstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// trips counts the round trips of a client.
type trips struct{ atomic.Int64 }

func (t *trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (t *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.Add(1)
		return next(ctx, cmd)
	}
}

func (t *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		t.Add(1)
		return next(ctx, cmds)
	}
}

// The job has so many samples that its history was halved three times and is
// full again. A commit still takes one round trip, as does a replay, and the
// job's memory is bounded.
func TestAnOldJobIsBounded(t *testing.T) {
	t.Parallel()
	const settled = 8*(history.Max-1) + 1
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "b", 1) // loads the scripts
	if _, err := store.Create(t.Context(), monitortest.Spec("a", "f"), job.State{Phase: job.PhaseRunning}); err != nil {
		t.Fatal(err)
	}
	roundTrips := &trips{}
	client.AddHook(roundTrips)
	state := job.State{Phase: job.PhaseRunning, WorkSeen: true}
	for n := range settled + 1 {
		state = sampleOnce(t, store, state, n)
	}
	if got := roundTrips.Load(); got != settled+1 {
		t.Errorf("%d round trips for %d commits, want one each", got, settled+1)
	}
	if state.History.Stored != history.Max || state.History.Stride != 8 {
		t.Fatalf("history %+v, want it halved three times and full", state.History)
	}
	expectBounded(t, client)

	if _, err := store.Replay(t.Context(), "b"); err != nil { // connects: pipelines use their own connections
		t.Fatal(err)
	}
	roundTrips.Store(0)
	replay, err := store.Replay(t.Context(), "a")
	if err != nil || roundTrips.Load() != 1 {
		t.Fatalf("replay: %v in %d round trips, want one", err, roundTrips.Load())
	}
	if len(replay.History) != history.Max || len(replay.Recent) != redisstore.Remembered {
		t.Errorf("replay has %d samples of the history and %d recent ones, want %d and %d",
			len(replay.History), len(replay.Recent), history.Max, redisstore.Remembered)
	}
	for i := 1; i < len(replay.History); i++ {
		if gap := replay.History[i].At - replay.History[i-1].At; gap != 8*2017 {
			t.Fatalf("a gap of %d ms before sample %d of the history, want %d", gap, i, 8*2017)
		}
	}
}

// sampleOnce commits the n-th sample as a tick does, and returns the new state.
func sampleOnce(t *testing.T, store *redisstore.Store, state job.State, n int) job.State {
	t.Helper()
	x := sample.Sample{
		At: 1795499061000 + int64(n)*2017, Job: 0.012345678901234567 * float64(n+1) / 130, Time: 0.033333333333333333,
		Error: -0.034567890123456789 * float64(n+1), Replicas: 123,
	}
	c := &monitor.Change{ID: "a", Revision: int64(n + 1), TickID: fmt.Sprintf("797cfc38-d115-4603-ab57-%012d", n), Sample: &x}
	if state.Summary, c.Settled = state.Summary.Fold(x); c.Settled != nil {
		state.History, c.Step = state.History.Offer()
	}
	c.State = state
	if got, err := store.Commit(t.Context(), c); err != nil || got != monitor.CommitDone {
		t.Fatalf("commit %d: %v, %v", n, got, err)
	}
	return state
}

// expectBounded checks the memory that the keys of job a take.
func expectBounded(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	total := int64(0)
	for key := range expiries(t, client) {
		size, err := client.MemoryUsage(t.Context(), key, 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", key, size)
		total += size
	}
	t.Logf("all keys: %d bytes", total)
	if total > 100_000 {
		t.Errorf("the job takes %d bytes, want at most 100,000", total)
	}
}
