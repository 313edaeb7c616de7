package browser_test

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// setLists makes the three lists of a job, which have its name, hold these numbers of items.
func setLists(ctx context.Context, queue *redis.Client, id string, waiting, inFlight, done int) error {
	_, err := queue.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		for list, length := range map[string]int{id: waiting, id + ":processing": inFlight, id + ":results": done} {
			pipe.Del(ctx, list)
			if length == 0 {
				continue
			}
			items := make([]any, length)
			for i := range items {
				items[i] = "item"
			}
			pipe.RPush(ctx, list, items...)
		}
		return nil
	})
	return err
}
