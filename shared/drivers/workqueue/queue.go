// Package workqueue counts the items of a job that wait, are in flight and are
// done, in the lists of the job's own Redis.
package workqueue

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
)

// Keys of the lists of a job that names none. An item moves from Waiting to InFlight
// when a worker takes it, and from there to Done.
const (
	Waiting  = job.PendingList
	InFlight = job.ProcessingList
	Done     = job.ResultsList
)

// maxItems is the largest number of items that a JSON number keeps exactly.
const maxItems = 1 << 53

// Queue is a monitor.Queue that reads the lists through a pool of clients.
type Queue struct {
	pool   *redispool.Pool
	simple *memory // queues whose Redis refuses a transaction over the lists
}

var _ monitor.Queue = (*Queue)(nil)

// New returns a Queue on pool.
func New(pool *redispool.Pool) *Queue { return &Queue{pool: pool, simple: newMemory()} }

// Count implements monitor.Queue. It reads the three lengths in one transaction,
// so that an item that moves from one list to the next is counted once. It needs no
// command but LLEN: if the Redis refuses transactions, Count reads the lists in the
// order in which items move through them, so that an item that moves meanwhile is
// counted twice rather than missed. The error is that of redispool.Explain.
func (q *Queue) Count(ctx context.Context, of job.Queue) (job.QueueCount, error) {
	lengths, err := q.read(ctx, of)
	if err != nil {
		return job.QueueCount{}, redispool.Explain("read the queue", of.String(), err)
	}
	if err := lengths.check(of); err != nil {
		return job.QueueCount{}, err
	}
	return job.QueueCount{Queued: lengths[0], InFlight: lengths[1], Results: lengths[2]}, nil
}

// read reads the lengths in a transaction, or without one where the Redis refuses
// it. It remembers that for a while, for these lists only: a Redis Cluster refuses a
// transaction over lists in several slots.
func (q *Queue) read(ctx context.Context, of job.Queue) (lengths, error) {
	if q.simple.has(of) {
		return q.lengths(ctx, of, (*redis.Client).Pipelined)
	}
	atOnce, refusal := q.lengths(ctx, of, (*redis.Client).TxPipelined)
	if refusal == nil || !mayWorkWithoutTransaction(refusal) {
		return atOnce, refusal
	}
	q.pool.Forget(redispool.InQueue(of)) // its connections may be within a transaction
	inOrder, err := q.lengths(ctx, of, (*redis.Client).Pipelined)
	if err == nil || !redispool.Closed(refusal) {
		q.simple.add(of)
	}
	return inOrder, err
}

// pipelined sends commands with one request.
type pipelined func(*redis.Client, context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error)

// lengths reads the lists. Its error is the first one that the Redis answered.
func (q *Queue) lengths(ctx context.Context, of job.Queue, send pipelined) (lengths, error) {
	var answers [3]*redis.IntCmd
	err := q.pool.Do(ctx, redispool.InQueue(of), func(client *redis.Client) error {
		_, err := send(client, ctx, func(pipe redis.Pipeliner) error {
			for i, key := range of.Lists.Names() {
				answers[i] = pipe.LLen(ctx, key)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return lengths{}, firstError(answers[:], err)
	}
	return lengths{answers[0].Val(), answers[1].Val(), answers[2].Val()}, nil
}

// firstError returns the first error of commands, but otherwise if those say only
// that the transaction was aborted.
func firstError(commands []*redis.IntCmd, otherwise error) error {
	for _, command := range commands {
		if command == nil {
			return otherwise // no command was sent
		}
		if err := command.Err(); err != nil && !redis.IsExecAbortError(err) {
			return err
		}
	}
	return otherwise
}

// mayWorkWithoutTransaction reports whether the reason of an error may be that the
// Redis, or a proxy in front of it, refuses transactions. Some proxies close the
// connection then.
func mayWorkWithoutTransaction(err error) bool {
	if redispool.Closed(err) {
		return true
	}
	_, replied := errors.AsType[redis.Error](err)
	return replied && failure.KindOf(redispool.Explain("", "", err)) == failure.KindRefused &&
		!redis.IsAuthError(err) && !redis.HasErrorPrefix(err, "WRONGTYPE")
}

// lengths are those of the three lists, in the order in which items move.
type lengths [3]int64

// check returns an error for lengths that no list has.
func (l lengths) check(of job.Queue) error {
	names := of.Lists.Names()
	sum := int64(0)
	for _, length := range l {
		if length < 0 || length > maxItems-sum {
			return failure.Refused(failure.Clean(fmt.Sprintf(
				"cannot read the queue at %s: it answers that the lists %.80s, %.80s and %.80s hold %d, %d and %d items",
				of, names[0], names[1], names[2], l[0], l[1], l[2])), nil)
		}
		sum += length
	}
	return nil
}
