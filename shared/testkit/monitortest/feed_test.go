package monitortest_test

import (
	"context"
	"slices"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// openStore returns an empty store.
func openStore(t *testing.T) monitor.Store {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return redisstore.New(client)
}

// A feed loses reports, makes some twice, and delivers some after a later one.
func TestFeed(t *testing.T) {
	t.Parallel()
	const reports = 300
	var versions []uint64
	feed := monitortest.NewFeed(1, 0.2, func(_ context.Context, _ job.ID, _ job.KubeStatus, version uint64) error {
		versions = append(versions, version)
		return nil
	})
	for range reports {
		if err := feed.Report(t.Context(), "a", job.KubeStatus{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := feed.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	late, twice := 0, 0
	for n := 1; n < len(versions); n++ {
		if versions[n] < versions[n-1] {
			late++
		}
		if versions[n] == versions[n-1] {
			twice++
		}
	}
	slices.Sort(versions)
	lost := reports - len(slices.Compact(versions))
	if late == 0 || twice == 0 || lost == 0 {
		t.Errorf("%d late, %d twice, %d lost, want some of each", late, twice, lost)
	}
}

// However reports are reordered and repeated, the store keeps the newest one that
// arrived.
func TestFeedOfAStore(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	mustCreate(t, store, monitortest.Spec("a", "f"))
	var newest uint64
	var want job.KubeStatus
	feed := monitortest.NewFeed(2, 0.2, func(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
		if version > newest {
			newest, want = version, status
		}
		return store.SaveKubeStatus(ctx, id, status, version)
	})
	for n := range int64(100) {
		if err := feed.Report(t.Context(), "a", job.KubeStatus{Active: n + 1}); err != nil {
			t.Fatal(err)
		}
		if newest == 0 {
			continue
		}
		record, err := store.Load(t.Context(), "a", "")
		if err != nil || record.Kube == nil || *record.Kube != want {
			t.Fatalf("after report %d: %+v, %v, want %+v", n, record.Kube, err, want)
		}
	}
}

func TestKubeJobs(t *testing.T) {
	t.Parallel()
	cluster := &monitortest.KubeJobs{}
	refused := failure.Unavailable("refused", nil)
	expect := func(what string, want job.KubeStatus, kind failure.Kind) {
		t.Helper()
		got, err := cluster.Status(t.Context(), "a")
		if got != want || (err == nil) != (kind == "") || err != nil && failure.KindOf(err) != kind {
			t.Errorf("%s: %+v, %v, want %+v", what, got, err, want)
		}
	}
	expect("no Job", job.KubeStatus{}, failure.KindNotFound)
	cluster.Set("a", job.KubeStatus{Active: 1})
	expect("a Job", job.KubeStatus{Active: 1}, "")
	cluster.Fail(refused)
	expect("a refusal", job.KubeStatus{}, failure.KindUnavailable)
	cluster.Fail(nil)
	cluster.Delete("a")
	expect("a deleted Job", job.KubeStatus{}, failure.KindNotFound)
}
