package redisstore_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

func TestStoreOnMiniredis(t *testing.T) {
	t.Parallel()
	monitortest.RunStore(t, func(t *testing.T) monitor.Store {
		t.Helper()
		return redisstore.New(open(t, "redis://"+miniredis.RunT(t).Addr()))
	})
}

func TestStoreOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--databases", "64")
	var databases atomic.Int64
	monitortest.RunStore(t, func(t *testing.T) monitor.Store {
		t.Helper()
		return redisstore.New(open(t, fmt.Sprintf("%s/%d", server.URL(), databases.Add(1))))
	})
}

func TestKeysOfAJobShareASlot(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "a", 3)
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key != "monitor:index" && !strings.HasPrefix(key, "monitor:{a}:") {
			t.Errorf("key %q is outside the job's hash tag", key)
		}
	}
	if len(keys) != 5 {
		t.Errorf("keys %v, want the index and four keys of the job", keys)
	}
}

func TestEndedJobsExpire(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "a", 3)
	record, err := store.Load(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	for key, ttl := range expiries(t, client) {
		if ttl != -1 {
			t.Errorf("%s of a living job expires in %v, want never", key, ttl)
		}
	}
	state := record.State
	state.Phase = job.PhaseStopped
	if _, err := store.Commit(t.Context(), &monitor.Change{
		ID: "a", Revision: record.Revision, State: state, Retention: time.Hour,
	}); err != nil {
		t.Fatal(err)
	}
	for key, ttl := range expiries(t, client) {
		if ttl <= 0 || ttl > time.Hour {
			t.Errorf("%s of an ended job expires in %v, want within an hour", key, ttl)
		}
	}
}

// Ticks that use no stored status of a Kubernetes Job do not load it.
func TestWithoutKubeStatus(t *testing.T) {
	t.Parallel()
	store := redisstore.New(open(t, redistest.Start(t).URL()))
	fill(t, store, "a", 1)
	if err := store.SaveKubeStatus(t.Context(), "a", job.KubeStatus{Active: 2}, 1); err != nil {
		t.Fatal(err)
	}
	for with, store := range map[bool]*redisstore.Store{true: store, false: store.WithoutKubeStatus()} {
		record, err := store.Load(t.Context(), "a", "t")
		if err != nil || (record.Kube != nil) != with {
			t.Errorf("with it %t: Kube = %+v, %v", with, record.Kube, err)
		}
	}
}

func TestErrorsAreRetryable(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := redisstore.New(open(t, server.URL()))
	fill(t, store, "a", 1)
	server.Stop()
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Ping":          func() error { return store.Ping(ctx) },
		"Create":        func() error { _, err := store.Create(ctx, monitortest.Spec("b", "f"), job.State{}); return err },
		"Load":          func() error { _, err := store.Load(ctx, "a", "t"); return err },
		"Commit":        func() error { _, err := store.Commit(ctx, &monitor.Change{ID: "a"}); return err },
		"MarkScheduled": func() error { return store.MarkScheduled(ctx, "a", 0, true) },
		"Replay":        func() error { _, err := store.Replay(ctx, "a"); return err },
		"List":          func() error { _, err := store.List(ctx, "", 1); return err },
	} {
		if err := call(); !failure.IsRetryable(err) {
			t.Errorf("%s without a server: %v, want a retryable error", name, err)
		}
	}
	server.Restart()
	if err := store.Ping(ctx); err != nil {
		t.Errorf("Ping after the restart: %v", err)
	}
}

func TestScriptsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "a", 1)
	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	fill(t, store, "b", 1)
}

// fill creates a job and commits ticks with samples.
func fill(t *testing.T, store monitor.Store, id job.ID, ticks int) {
	t.Helper()
	if _, err := store.Create(t.Context(), monitortest.Spec(id, "f"), job.State{Phase: job.PhaseRunning}); err != nil {
		t.Fatal(err)
	}
	for i := range ticks {
		s := sample.Sample{
			At: 1795499061000 + int64(i)*2017, Job: 0.012345678901234567 * float64(i) / 13, Time: 0.033333333333333333,
			Error: -0.034567890123456789, Replicas: 12,
		}
		if got, err := store.Commit(t.Context(), &monitor.Change{
			ID: id, Revision: int64(i + 1), State: job.State{Phase: job.PhaseRunning},
			TickID: fmt.Sprintf("797cfc38-d115-4603-ab57-%012d", i), Sample: &s, Settled: &s, Step: history.Step{Keep: true},
		}); err != nil || got != monitor.CommitDone {
			t.Fatalf("Commit = %v, %v", got, err)
		}
	}
}

// expiries returns the time to live of each of the four keys of job a; -1 stands
// for a key that does not expire.
func expiries(t *testing.T, client redis.UniversalClient) map[string]time.Duration {
	t.Helper()
	keys, err := client.Keys(t.Context(), "monitor:{a}:*").Result()
	if err != nil || len(keys) != 4 {
		t.Fatalf("keys %v, %v, want four", keys, err)
	}
	ttl := map[string]time.Duration{}
	for _, key := range keys {
		if ttl[key], err = client.PTTL(t.Context(), key).Result(); err != nil {
			t.Fatal(err)
		}
	}
	return ttl
}

func open(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := redisstore.Open(url, redisstore.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
