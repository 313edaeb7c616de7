package workqueue_test

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// push pushes items to the lists of a queue.
func push(t *testing.T, q job.Queue, pending, processing, results int) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: q.Address.String(), DB: q.Database})
	defer client.Close()
	for i, length := range []int{pending, processing, results} {
		for range length {
			if err := client.RPush(t.Context(), q.Lists.Names()[i], "item").Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Queues on one Redis are counted independently, through one Queue and its pool.
func TestCountOfQueuesThatShareARedis(t *testing.T) {
	t.Parallel()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		queues := []job.Queue{
			{},
			{Database: 3},
			{Database: 15},
			{Lists: job.Lists{Pending: "a", Processing: "a:processing", Results: "a:results"}},
			{Database: 3, Lists: job.Lists{Pending: "a", Processing: "a:processing", Results: "a:results"}},
			{Lists: job.Lists{Pending: "a b\"*", Processing: "{仕事}", Results: strings.Repeat("x", 256)}},
		}
		q := newQueue(t, nil)
		for i := range queues {
			queues[i].Address = r.Address
			push(t, queues[i], i+1, i+2, i+3)
		}
		for range 2 {
			for i, queue := range queues {
				want := job.QueueCount{Queued: int64(i + 1), InFlight: int64(i + 2), Results: int64(i + 3)}
				if got, err := q.Count(t.Context(), queue); err != nil || got != want {
					t.Errorf("Count(%v, %q) = %+v, %v, want %+v", queue, queue.Lists.Names(), got, err, want)
				}
			}
		}
	})
}

// cluster starts the only node of a Redis Cluster.
func cluster(t *testing.T) *redistest.Server {
	t.Helper()
	s := redistest.Start(t, "--cluster-enabled", "yes")
	client := s.Client()
	if err := client.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	proctest.Until(t, "the cluster to be up", func() bool { return client.LLen(t.Context(), "job").Err() == nil })
	return s
}

// Lists in several slots of a Redis Cluster are read without a transaction, those in
// one slot go on with one.
func TestCountOfListsOfACluster(t *testing.T) {
	t.Parallel()
	s := cluster(t)
	several := job.Queue{Address: s.Address(), Lists: job.Lists{Pending: "a", Processing: "b", Results: "c"}}
	one := job.Queue{Address: s.Address(), Lists: job.Lists{Pending: "{a}", Processing: "{a}:p", Results: "{a}:r"}}
	push(t, several, 1, 2, 3)
	push(t, one, 4, 5, 6)
	q := newQueue(t, nil)
	for range 3 {
		got, err := q.Count(t.Context(), several)
		if want := (job.QueueCount{Queued: 1, InFlight: 2, Results: 3}); err != nil || got != want {
			t.Errorf("Count of several slots = %+v, %v, want %+v", got, err, want)
		}
		got, err = q.Count(t.Context(), one)
		if want := (job.QueueCount{Queued: 4, InFlight: 5, Results: 6}); err != nil || got != want {
			t.Errorf("Count of one slot = %+v, %v, want %+v", got, err, want)
		}
	}
	stats, err := s.Client().Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stats, "cmdstat_multi:calls=4,") {
		t.Errorf("want four transactions, one for the first queue and three for the second:\n%s", stats)
	}
}

// A database that cannot be selected is a refusal, as is a list of another type, and
// says where.
func TestCountOfARefusedDatabase(t *testing.T) {
	t.Parallel()
	small := func(t *testing.T) *redistest.Server { t.Helper(); return redistest.Start(t, "--databases", "2") }
	tests := map[string]struct {
		start    func(*testing.T) *redistest.Server
		rules    []string
		database int
		phrase   string
	}{
		"not there":        {small, nil, 2, "/2: it has no such database"},
		"far away":         {small, nil, 1<<31 - 1, "/2147483647: it has no such database"},
		"of a cluster":     {cluster, nil, 1, "/1: a Redis Cluster has only database 0"},
		"is not permitted": {small, []string{"-select"}, 1, "/1: no permission"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.start(t)
			restrict(t, s, tt.rules...)
			queue := job.Queue{Address: s.Address(), Database: tt.database}
			q := newQueue(t, nil)
			for range 2 {
				_, err := q.Count(t.Context(), queue)
				if failure.KindOf(err) != failure.KindRefused || !strings.Contains(err.Error(), s.Address().String()+tt.phrase) {
					t.Errorf("Count = %v (%v), want a refusal with %q", err, failure.KindOf(err), tt.phrase)
				}
			}
			if _, err := q.Count(t.Context(), usual(s.Address())); err != nil {
				t.Errorf("Count of database 0: %v", err)
			}
		})
	}
}

// The lists that cannot be counted are named, at a bounded length.
func TestImpossibleLengthsOfNamedLists(t *testing.T) {
	t.Parallel()
	q := newQueue(t, nil)
	queue := usual(custom(t, func(p *server.Peer, _ string) { p.WriteInt(-1) }, nil))
	queue.Lists = job.Lists{Pending: "a", Results: strings.Repeat("x", 256)}
	_, err := q.Count(t.Context(), queue)
	if want := "the lists a, " + workqueue.InFlight + " and " + strings.Repeat("x", 80) + " hold -1, -1 and -1 items"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("Count = %v, want %q in it", err, want)
	}
}
