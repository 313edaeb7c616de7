package workqueue_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
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

// backends are the Redises that a test runs against: each gives its address
// and how to take it down.
var backends = map[string]func(*testing.T) (addr string, stop func()){
	"redis-server": func(t *testing.T) (string, func()) {
		t.Helper()
		s := redistest.Start(t)
		return s.Addr(), s.Stop
	},
	"miniredis": func(t *testing.T) (string, func()) {
		t.Helper()
		s := miniredis.RunT(t)
		return s.Addr(), s.Close
	},
}

func newQueue(t *testing.T, dial redispool.Dial) *workqueue.Queue {
	t.Helper()
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second, Dial: dial})
	t.Cleanup(pool.Close)
	return workqueue.New(pool)
}

func address(t *testing.T, addr string) job.Address {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return job.Address{Host: host, Port: number}
}

// fill pushes items to lists.
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
		"no list":      {nil, job.QueueCount{}},
		"items wait":   {map[string][]any{"job": {"a", "b", "c"}}, job.QueueCount{Queued: 3}},
		"one is taken": {map[string][]any{"job": {"a"}, "job:processing": {"b"}}, job.QueueCount{Queued: 1, InFlight: 1}},
		"all three": {
			map[string][]any{"job": {"a"}, "job:processing": {"b", "c"}, "job:results": {"d", "e", "f"}},
			job.QueueCount{Queued: 1, InFlight: 2, Results: 3},
		},
		"other lists do not count": {map[string][]any{"jobs": {"a"}, "other:metrics": {"b"}}, job.QueueCount{}},
	}
	for backend, start := range backends {
		for name, tt := range tests {
			t.Run(backend+"/"+name, func(t *testing.T) {
				t.Parallel()
				addr, _ := start(t)
				fill(t.Context(), t, addr, tt.lists)
				got, err := newQueue(t, nil).Count(t.Context(), address(t, addr))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("count (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestCountThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for backend, start := range backends {
		t.Run(backend+"/the server is down", func(t *testing.T) {
			t.Parallel()
			addr, stop := start(t)
			q := newQueue(t, nil)
			if _, err := q.Count(t.Context(), address(t, addr)); err != nil {
				t.Fatal(err)
			}
			stop()
			got, err := q.Count(t.Context(), address(t, addr))
			if err == nil || failure.KindOf(err) == failure.KindInvalid || got != (job.QueueCount{}) {
				t.Errorf("Count = %+v, %v, want none and an error that may pass", got, err)
			}
		})
		t.Run(backend+"/a key is no list", func(t *testing.T) {
			t.Parallel()
			addr, _ := start(t)
			client := redis.NewClient(&redis.Options{Addr: addr})
			defer client.Close()
			if err := client.Set(t.Context(), "job:processing", "text", 0).Err(); err != nil {
				t.Fatal(err)
			}
			if got, err := newQueue(t, nil).Count(t.Context(), address(t, addr)); err == nil {
				t.Errorf("Count = %+v, want an error", got)
			}
		})
	}
}

func TestCountEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Pause()
	t.Cleanup(server.Resume)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := newQueue(t, nil).Count(ctx, address(t, server.Addr())); err == nil {
		t.Errorf("Count on a server that hangs = %+v, want an error", got)
	}
}

// An address that is not allowed is the caller's mistake, again and again.
func TestCountAtARefusedAddress(t *testing.T) {
	t.Parallel()
	addr := redistest.Start(t).Addr()
	policy, err := egress.Parse(egress.Private())
	if err != nil {
		t.Fatal(err)
	}
	q := newQueue(t, dial.New(policy, "plugin_info.redis_ip", time.Second))
	for i := range 10 {
		if _, err := q.Count(t.Context(), address(t, addr)); failure.KindOf(err) != failure.KindInvalid {
			t.Errorf("count %d at a refused address = %v, want an error of kind invalid", i, err)
		}
	}
}
