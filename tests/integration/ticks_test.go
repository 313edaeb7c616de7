package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/shared/testkit/redistest"
)

const (
	jobs    = 100
	ticks   = 10_000
	senders = 32
)

// A hundred jobs get ten thousand ticks, a third of them sent twice at the same time,
// while the server is killed three times. For each job, the numbers of samples in the
// list, of commits in the state and of acknowledged ticks are the same.
func TestNoTickIsLostOrDoubledWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t))
	fillQueue(t, queue, 1000)
	for job := range jobs {
		s.startJob(jobID(job), queue, 3600)
	}

	acked := newCounts()
	var sent atomic.Int64
	work := make(chan tick)
	group, ctx := errgroup.WithContext(t.Context())
	for range senders {
		group.Go(func() error {
			for next := range work {
				if !s.sendTwins(ctx, next, sent.Add(1)%3 == 0) {
					return fmt.Errorf("tick %s of %s was not acknowledged", next.id, next.job)
				}
				acked.add(next.job)
			}
			return nil
		})
	}
	for i := range ticks {
		if i%(ticks/4) == ticks/8 && i < ticks*3/4 {
			s.Respawn()
		}
		select {
		case work <- newTick(jobID(i % jobs)):
		case <-ctx.Done():
		}
	}
	close(work)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for job := range jobs {
		expectExactlyOnce(t, s, queue.Client(), jobID(job), acked.of(jobID(job)))
	}
}

// sendTwins sends a tick, or the same tick twice at the same time. It reports whether
// every delivery was acknowledged.
func (s *server) sendTwins(ctx context.Context, next tick, twice bool) bool {
	never := func() bool { return false }
	ignore := func(int) {}
	if !twice {
		return s.send(ctx, next, never, ignore)
	}
	var both [2]bool
	var wait sync.WaitGroup
	for i := range both {
		wait.Go(func() { both[i] = s.send(ctx, next, never, ignore) })
	}
	wait.Wait()
	return both[0] && both[1]
}

// expectExactlyOnce compares the sample list and the state of a job with the number of
// acknowledged ticks.
func expectExactlyOnce(t *testing.T, s *server, client *redis.Client, id string, acked int64) {
	t.Helper()
	elements, err := client.LRange(t.Context(), id+":metrics", 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	status := s.status(id)
	if int64(len(elements)) != acked || status.Samples != acked || status.Ticks.Received != acked {
		t.Errorf("%s: %d elements, %d commits, %d received, want %d acknowledged ticks",
			id, len(elements), status.Samples, status.Ticks.Received, acked)
	}
	last := int64(0)
	for _, element := range elements {
		var sample struct {
			Timestamp int64 `json:"timestamp"`
		}
		if err := json.Unmarshal([]byte(element), &sample); err != nil {
			t.Fatalf("%s: %v in %s", id, err, element)
		}
		if sample.Timestamp <= last {
			t.Errorf("%s: timestamp %d is not later than %d", id, sample.Timestamp, last)
		}
		last = sample.Timestamp
	}
}

func fillQueue(t *testing.T, queue *redistest.Server, items int) {
	t.Helper()
	values := make([]any, items)
	for i := range values {
		values[i] = i
	}
	if err := queue.Client().RPush(t.Context(), "job", values...).Err(); err != nil {
		t.Fatal(err)
	}
}

func jobID(n int) string { return fmt.Sprintf("kj-%03d", n) }

// counts holds a count for each name.
type counts struct {
	mu     sync.Mutex
	counts map[string]int64
}

func newCounts() *counts { return &counts{counts: map[string]int64{}} }

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name]++
}

func (c *counts) of(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}

func (c *counts) total() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := int64(0)
	for _, n := range c.counts {
		total += n
	}
	return total
}
