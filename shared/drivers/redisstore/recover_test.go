package redisstore_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// Of all that is stored when the index is lost, the jobs are recovered that must be listed.
func TestRecover(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "living", 2)
	fill(t, store, "listed", 1)
	fill(t, store, "over", 1)
	finish(t, store, "over", nil)
	fill(t, store, "undelivered", 1)
	finish(t, store, "undelivered", []job.Event{{Job: "undelivered", Sequence: 1, Kind: job.EventFinished}})
	for _, key := range []string{"monitor:{damaged}:state", "monitor:{No Id}:state", "other:{x}:state", "monitor:{x}:job"} {
		set(t, client, key)
	}
	recovers(t, store, 1) // the damaged one, which the index never had
	set(t, client, "monitor:{damaged}:state")
	if err := client.Del(t.Context(), "monitor:index").Err(); err != nil {
		t.Fatal(err)
	}
	if err := store.Index(t.Context(), "listed"); err != nil {
		t.Fatal(err)
	}
	recovers(t, store, 3)
	recovers(t, store, 0)
	page, err := store.List(t.Context(), "", 10)
	if err != nil || len(page.Records) != 3 || len(page.Unreadable) != 1 {
		t.Fatalf("listed %+v, %v, want three jobs and a damaged one", page, err)
	}
	for i, want := range []job.ID{"listed", "living", "undelivered"} {
		if got := page.Records[i].Spec.ID; got != want {
			t.Errorf("job %d is %s, want %s", i, got, want)
		}
	}
	others(t, client, 1)
	recovers(t, store, 0)
	if n := client.Exists(t.Context(), scanKeyOf(client)).Val(); n != 0 {
		t.Error("a cursor is stored although one call looks at all")
	}
}

// A Redis with more keys than one call looks at: the next calls go on behind it.
func TestRecoverGoesOn(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := open(t, server.URL())
	store := redisstore.New(client)
	others(t, client, 25)
	const jobs = 20
	for i := range jobs {
		fill(t, store, job.ID("job-"+string(rune('a'+i))), 0)
	}
	if err := client.Del(t.Context(), "monitor:index").Err(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for call := 1; ; call++ {
		recovered, err := store.Recover(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += recovered
		goesOn := client.Exists(t.Context(), scanKeyOf(client)).Val() == 1
		if call == 1 && !goesOn || call == 10 && goesOn {
			t.Fatalf("after call %d it goes on: %t", call, goesOn)
		}
		if !goesOn {
			break
		}
		store = redisstore.New(client) // another process goes on
	}
	if total != jobs {
		t.Errorf("%d jobs recovered, want %d", total, jobs)
	}
}

// What is stored as a cursor is none: the call begins anew.
func TestRecoverWithADamagedCursor(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(context.Context, redis.UniversalClient, string) error{
		"text": func(ctx context.Context, c redis.UniversalClient, key string) error {
			return c.Set(ctx, key, "x", 0).Err()
		},
		"list": func(ctx context.Context, c redis.UniversalClient, key string) error {
			return c.RPush(ctx, key, "x").Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := open(t, redistest.Start(t).URL())
			store := redisstore.New(client)
			fill(t, store, "a", 0)
			if err := errors.Join(client.Del(t.Context(), "monitor:index").Err(), damage(t.Context(), client, scanKeyOf(client))); err != nil {
				t.Fatal(err)
			}
			recovers(t, store, 1)
		})
	}
}

// The keys of a Cluster are looked for at each of its nodes.
func TestRecoverOnACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	client := open(t, cluster.URL())
	store := redisstore.New(client)
	owners := map[int]bool{}
	for _, id := range []job.ID{"a", "b", "c"} {
		fill(t, store, id, 0)
		owners[cluster.Owner("monitor:{"+string(id)+"}:state")] = true
	}
	if len(owners) != 3 {
		t.Fatalf("the jobs are at %d nodes, want 3", len(owners))
	}
	if err := client.Del(t.Context(), "monitor:index").Err(); err != nil {
		t.Fatal(err)
	}
	recovers(t, store, 3)
}

// A user of an earlier version may not look for lost jobs. The error says what is wrong.
func TestRecoverWithoutTheRight(t *testing.T) {
	t.Parallel()
	server := redistest.StartState(t)
	store := redisstore.New(open(t, server.URL()))
	fill(t, store, "a", 0)
	if err := server.Client().Do(t.Context(), "ACL", "SETUSER", "kubejobs", "-scan").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := store.Recover(t.Context())
	if failure.KindOf(err) != failure.KindUnavailable || !strings.Contains(err.Error(), "scan") {
		t.Errorf("%v, want an error of kind unavailable that names the command", err)
	}
}

// others stores some times 10,000 keys of somebody else.
func others(t *testing.T, client redis.UniversalClient, times int) {
	t.Helper()
	for i := range times {
		err := client.Eval(t.Context(), "for i = 1, 10000 do redis.call('SET', ARGV[1] .. i, '') end return 1", nil, strconv.Itoa(i)+":").Err()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func recovers(t *testing.T, store monitor.Store, want int) {
	t.Helper()
	if got, err := store.Recover(t.Context()); err != nil || got != want {
		t.Errorf("%d jobs recovered, %v, want %d", got, err, want)
	}
}

// set stores a text as a key.
func set(t *testing.T, client redis.UniversalClient, key string) {
	t.Helper()
	if err := client.Set(t.Context(), key, "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
}

// scanKeyOf returns the key of the cursor of a client's server.
func scanKeyOf(client redis.UniversalClient) string {
	return "monitor:scan:" + client.(*redis.Client).Options().Addr
}

// finish ends a job that fill made, with events that wait.
func finish(t *testing.T, store monitor.Store, id job.ID, outbox []job.Event) {
	t.Helper()
	record, err := store.Load(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	state := record.State
	state.Phase, state.Outbox = job.PhaseFinished, outbox
	if got, err := store.Commit(t.Context(), &monitor.Change{
		ID: id, Revision: record.Revision, State: state, Retention: time.Hour,
	}); err != nil || got != monitor.CommitDone {
		t.Fatal(got, err)
	}
}
