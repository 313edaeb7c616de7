// Package workqueue counts the items of a job that wait, are in flight and are
// done, in the lists of the job's own Redis.
package workqueue

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
)

// Keys of the lists, as Asperathos' workers use them. An item moves from Waiting
// to InFlight when a worker takes it, and from there to Done.
const (
	Waiting  = "job"
	InFlight = "job:processing"
	Done     = "job:results"
)

// Queue is a monitor.Queue that reads the lists through a pool of clients.
type Queue struct{ pool *redispool.Pool }

var _ monitor.Queue = (*Queue)(nil)

// New returns a Queue on pool.
func New(pool *redispool.Pool) *Queue { return &Queue{pool: pool} }

// Count implements monitor.Queue. It reads the three lengths in one transaction,
// so that an item that moves from one list to the next is counted once. The
// error for an address that is not allowed stays of kind invalid.
func (q *Queue) Count(ctx context.Context, at job.Address) (job.QueueCount, error) {
	var waiting, inFlight, done *redis.IntCmd
	err := q.pool.Do(at.String(), func(client *redis.Client) error {
		_, err := client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			waiting, inFlight, done = pipe.LLen(ctx, Waiting), pipe.LLen(ctx, InFlight), pipe.LLen(ctx, Done)
			return nil
		})
		return err
	})
	if err != nil {
		return job.QueueCount{}, failure.Classified(err, fmt.Errorf("read queue at %s: %w", at, err))
	}
	return job.QueueCount{Queued: waiting.Val(), InFlight: inFlight.Val(), Results: done.Val()}, nil
}
