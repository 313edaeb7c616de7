package workqueue_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/redistest"
)

func newQueue(t *testing.T, dial redispool.Dial) *workqueue.Queue {
	t.Helper()
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second, Dial: dial})
	t.Cleanup(pool.Close)
	return workqueue.New(pool)
}

// usual returns a queue with the usual lists.
func usual(at job.Address) job.Queue { return job.Queue{Address: at} }

// fill pushes items to the lists of the Redis at addr.
func fill(ctx context.Context, t *testing.T, addr string, lists map[string][]any) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	for key, items := range lists {
		if err := client.RPush(ctx, key, items...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lists map[string][]any
		want  job.QueueCount
	}{
		"no lists":          {nil, job.QueueCount{}},
		"waiting items":     {map[string][]any{"job": {"a", "b", "c"}}, job.QueueCount{Queued: 3}},
		"an item in flight": {map[string][]any{"job": {"a"}, "job:processing": {"b"}}, job.QueueCount{Queued: 1, InFlight: 1}},
		"all three": {
			map[string][]any{"job": {"a"}, "job:processing": {"b", "c"}, "job:results": {"d", "e", "f"}},
			job.QueueCount{Queued: 1, InFlight: 2, Results: 3},
		},
		"other lists are ignored": {map[string][]any{"jobs": {"a"}, "other:metrics": {"b"}}, job.QueueCount{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
				t.Helper()
				fill(t.Context(), t, r.Address.String(), tt.lists)
				got, err := newQueue(t, nil).Count(t.Context(), usual(r.Address))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("count (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestCountOfAStoppedServer(t *testing.T) {
	t.Parallel()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		q := newQueue(t, nil)
		if _, err := q.Count(t.Context(), usual(r.Address)); err != nil {
			t.Fatal(err)
		}
		r.Stop()
		got, err := q.Count(t.Context(), usual(r.Address))
		if err == nil || failure.KindOf(err) == failure.KindInvalid || got != (job.QueueCount{}) {
			t.Errorf("Count = %+v, %v, want no count and an error of another kind than invalid", got, err)
		}
	})
}

func TestCountOfAKeyThatIsNoList(t *testing.T) {
	t.Parallel()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		client := redis.NewClient(&redis.Options{Addr: r.Address.String()})
		defer client.Close()
		if err := client.Set(t.Context(), "job:processing", "text", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got, err := newQueue(t, nil).Count(t.Context(), usual(r.Address)); err == nil {
			t.Errorf("Count = %+v, want an error", got)
		}
	})
}

func TestCountEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Pause()
	t.Cleanup(server.Resume)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := newQueue(t, nil).Count(ctx, usual(server.Address())); err == nil {
		t.Errorf("Count on a paused server = %+v, want an error", got)
	}
}

// An address that is not allowed is the caller's mistake at every attempt.
func TestCountAtARefusedAddress(t *testing.T) {
	t.Parallel()
	address := redistest.Start(t).Address()
	policy, err := egress.Parse(egress.Private())
	if err != nil {
		t.Fatal(err)
	}
	q := newQueue(t, dial.New(policy, "plugin_info.redis_ip", time.Second))
	for i := range 10 {
		if _, err := q.Count(t.Context(), usual(address)); failure.KindOf(err) != failure.KindInvalid {
			t.Errorf("count %d at a refused address = %v, want an error of kind invalid", i, err)
		}
	}
}
