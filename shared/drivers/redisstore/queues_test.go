package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// use creates a job unless it is there, and uses its queue.
func use(t *testing.T, store monitor.Store, id job.ID, keep time.Duration, want ...job.ID) {
	t.Helper()
	if _, err := store.Create(t.Context(), monitortest.Spec(id, "f"), job.State{Phase: job.PhaseRunning}); err != nil {
		t.Fatal(err)
	}
	got, err := store.UseQueue(t.Context(), monitortest.Spec(id, "f"), keep)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("UseQueue of %s: %v; users (-want +got):\n%s", id, err, diff)
	}
}

// queueKeys returns the keys of what UseQueue stores.
func queueKeys(t *testing.T, client redis.UniversalClient) []string {
	t.Helper()
	keys, err := client.Keys(t.Context(), "monitor:queue:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// The jobs of a queue are in several slots of a Redis Cluster, and the users of its
// lists in one. The only node of a cluster refuses a script over several.
func TestUseQueueOnACluster(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--cluster-enabled", "yes")
	if err := s.Client().Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	proctest.Until(t, "the cluster to be up", func() bool { return s.Client().LLen(t.Context(), "a").Err() == nil })
	client := open(t, s.URL()+"?addr="+s.Addr())
	if _, ok := client.(*redis.ClusterClient); !ok {
		t.Fatalf("the client is a %T", client)
	}
	store := redisstore.New(client)
	use(t, store, "a", time.Hour)
	use(t, store, "b", time.Hour, "a")
	use(t, store, "c", time.Hour, "a", "b")
	stop(t, store, "b")
	use(t, store, "a", time.Hour, "c")
	if err := store.LeaveQueue(t.Context(), monitortest.Spec("c", "f")); err != nil {
		t.Fatal(err)
	}
	use(t, store, "a", time.Hour)
}

// stop ends a job.
func stop(t *testing.T, store monitor.Store, id job.ID) {
	t.Helper()
	record, err := store.Load(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	record.State.Phase = job.PhaseStopped
	if got, err := store.Commit(t.Context(), &monitor.Change{
		ID: id, Revision: record.Revision, State: record.State, Retention: time.Hour,
	}); err != nil || got != monitor.CommitDone {
		t.Fatalf("Commit = %v, %v", got, err)
	}
}

// What is stored of a queue expires, or leaves nothing once its jobs have left it.
func TestUsersOfAQueueExpire(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	for _, tt := range []struct {
		id        job.ID
		keep, ttl time.Duration
	}{{"a", time.Hour, time.Hour}, {"b", 2 * time.Hour, 2 * time.Hour}, {"c", 0, -1}, {"d", time.Minute, time.Minute}} {
		if _, err := store.UseQueue(t.Context(), monitortest.Spec(tt.id, "f"), tt.keep); err != nil {
			t.Fatal(err)
		}
		keys := queueKeys(t, client)
		if len(keys) != 3 {
			t.Fatalf("keys %v, want one for each list", keys)
		}
		for _, key := range keys {
			got, err := client.PTTL(t.Context(), key).Result()
			if err != nil || got > tt.ttl || (tt.ttl > 0 && got < tt.ttl/2) {
				t.Errorf("after %s: %s expires in %v, %v, want %v", tt.id, key, got, err, tt.ttl)
			}
		}
	}
	for _, id := range []job.ID{"a", "b", "c", "d"} {
		if err := store.LeaveQueue(t.Context(), monitortest.Spec(id, "f")); err != nil {
			t.Fatal(err)
		}
	}
	if keys := queueKeys(t, client); len(keys) != 0 {
		t.Errorf("left are %v, want nothing", keys)
	}
}

// Jobs that ended without leaving their queue are dropped by the next reader.
func TestEndedUsersAreDropped(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	use(t, store, "a", time.Hour)
	use(t, store, "b", time.Hour, "a")
	use(t, store, "c", time.Hour, "a", "b")
	stop(t, store, "a")
	if err := store.Discard(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	use(t, store, "b", time.Hour)
	for _, key := range queueKeys(t, client) {
		if got, err := client.ZRange(t.Context(), key, 0, -1).Result(); err != nil || cmp.Diff([]string{"b"}, got) != "" {
			t.Errorf("%s holds %v, %v, want only b", key, got, err)
		}
	}
}

// A use that is known is only read: a status does not make a durable Redis write.
func TestKnownUseIsNotWritten(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	use(t, store, "a", time.Hour)
	use(t, store, "b", time.Hour, "a")
	changes := func() string {
		info, err := client.Info(t.Context(), "persistence").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(info, "rdb_changes_since_last_save:")
		count, _, _ := strings.Cut(rest, "\r\n")
		return count
	}
	before := changes()
	for range 3 {
		if got, err := store.UseQueue(t.Context(), monitortest.Spec("a", "f"), time.Hour); err != nil || len(got) != 1 {
			t.Errorf("UseQueue = %v, %v, want b", got, err)
		}
	}
	if after := changes(); after != before {
		t.Errorf("changes %s, %s before, want none", after, before)
	}
}

// What is lost of a queue is stored again when one of its jobs is looked at.
func TestLostUsersComeBack(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	use(t, store, "a", time.Hour)
	use(t, store, "b", time.Hour, "a")
	if err := client.Del(t.Context(), queueKeys(t, client)...).Err(); err != nil {
		t.Fatal(err)
	}
	use(t, store, "a", time.Hour)
	use(t, store, "b", time.Hour, "a")
	use(t, store, "a", time.Hour, "b")
}

func TestUseQueueFails(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := open(t, server.URL())
	store := redisstore.New(client)
	use(t, store, "a", time.Hour)
	for _, key := range queueKeys(t, client) {
		if err := client.Set(t.Context(), key, "text", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := store.UseQueue(t.Context(), monitortest.Spec("a", "f"), time.Hour); err == nil {
		t.Errorf("UseQueue of keys of a wrong type = %v, want an error", got)
	}
	server.Stop()
	if got, err := store.UseQueue(t.Context(), monitortest.Spec("a", "f"), time.Hour); !failure.IsRetryable(err) {
		t.Errorf("UseQueue without a server = %v, %v, want a retryable error", got, err)
	}
	if err := store.LeaveQueue(t.Context(), monitortest.Spec("a", "f")); !failure.IsRetryable(err) {
		t.Errorf("LeaveQueue without a server = %v, want a retryable error", err)
	}
}
