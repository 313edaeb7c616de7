package browser_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// crew is the workers of a job, which need the same time for each item.
type crew struct {
	client  *redis.Client
	id      string
	workers int
	each    time.Duration
	most    int // items that they do before they stop; 0: all
}

// run lets the workers work until the queue is empty or the test ends. They take items as
// the workers of the documents do.
func (c crew) run(t *testing.T) {
	t.Helper()
	var all sync.WaitGroup
	var taken atomic.Int64
	for range c.workers {
		all.Go(func() {
			next := time.NewTicker(c.each)
			defer next.Stop()
			for c.most == 0 || int(taken.Add(1)) <= c.most {
				item, err := c.client.LMove(t.Context(), c.id, c.id+":processing", "RIGHT", "LEFT").Result()
				if err != nil {
					return // nothing is left, or the test ends
				}
				select {
				case <-next.C:
				case <-t.Context().Done():
					return
				}
				pipe := c.client.TxPipeline()
				pipe.LRem(t.Context(), c.id+":processing", 1, item)
				pipe.RPush(t.Context(), c.id+":results", item)
				if _, err := pipe.Exec(t.Context()); err != nil {
					return
				}
			}
		})
	}
	t.Cleanup(all.Wait)
}
