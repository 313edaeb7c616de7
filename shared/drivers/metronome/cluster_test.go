package metronome_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/schedule"
	"kubejobs/shared/drivers/metronome"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// Scripts and pipelines work on a Redis Cluster, as all keys share a slot.
func TestOnACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{cluster.Nodes[0].Addr()}})
	t.Cleanup(func() { _ = client.Close() })
	roster := metronome.New(client)
	spec := every("a", 2*time.Second)
	if err := roster.Schedule(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	claims, err := roster.Claim(t.Context(), monitor.Beat{ID: "b", Sent: noon}, noon, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	due, _, err := roster.Due(t.Context(), schedule.Largest(2*time.Second), "", 10)
	if err != nil || len(due) != 1 {
		t.Errorf("due %v, %v", due, err)
	}
	if err := roster.Served(t.Context(), claims[0]); err != nil {
		t.Error(err)
	}
	if _, err := roster.Key(t.Context()); err != nil {
		t.Error(err)
	}
	if err := roster.Unschedule(t.Context(), spec.ID, spec.Life()); err != nil {
		t.Error(err)
	}
	if page, _, err := roster.List(t.Context(), "", 10); err != nil || len(page) != 0 {
		t.Errorf("listed %v, %v", page, err)
	}
}
