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
	"kubejobs/shared/drivers/redisbatch"
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
		return q.inOrder(ctx, of)
	}
	atOnce, refusal := q.atOnce(ctx, of)
	if refusal == nil || !mayWorkWithoutTransaction(refusal) {
		return atOnce, refusal
	}
	q.pool.Forget(redispool.InQueue(of)) // its connections may be within a transaction
	inOrder, err := q.inOrder(ctx, of)
	if err == nil || !redispool.Closed(refusal) {
		q.simple.add(of)
	}
	return inOrder, err
}

// atOnce reads the lists in a transaction. Its error is the first one that the Redis
// answered.
func (q *Queue) atOnce(ctx context.Context, of job.Queue) (lengths, error) {
	exec := redis.NewSliceCmd(ctx, execute...)
	each := readLengths(ctx, of)
	err := q.send(ctx, of, redis.NewStatusCmd(ctx, multi...), each[0], each[1], each[2], exec)
	if err != nil {
		return lengths{}, err
	}
	return parse(exec.Val())
}

// The words of the commands that begin and end a transaction.
var multi, execute = []any{"multi"}, []any{"exec"}

// readLengths returns the commands that read the lengths of the lists.
func readLengths(ctx context.Context, of job.Queue) [3]*redis.Cmd {
	names := of.Lists.Names()
	words := []any{"llen", names[0], "llen", names[1], "llen", names[2]}
	return [3]*redis.Cmd{redis.NewCmd(ctx, words[:2]...), redis.NewCmd(ctx, words[2:4]...), redis.NewCmd(ctx, words[4:]...)}
}

// inOrder reads one list after the other.
func (q *Queue) inOrder(ctx context.Context, of job.Queue) (lengths, error) {
	answers := readLengths(ctx, of)
	if err := q.send(ctx, of, answers[0], answers[1], answers[2]); err != nil {
		return lengths{}, err
	}
	return parse([]any{answers[0].Val(), answers[1].Val(), answers[2].Val()})
}

// send sends commands together with those for other queues of the same Redis.
func (q *Queue) send(ctx context.Context, of job.Queue, commands ...redis.Cmder) error {
	return q.pool.Batch(ctx, redispool.InQueue(of), func(batch *redisbatch.Batcher) error { return batch.Do(ctx, commands...) })
}

// errNoLengths means that a peer answers something else than was asked for.
var errNoLengths = errors.New("the answer holds no lengths of lists")

// parse returns the lengths in an answer, or the first error in it.
func parse(answer []any) (lengths, error) {
	var l lengths
	if len(answer) != len(l) {
		return l, errNoLengths
	}
	for i, value := range answer {
		switch value := value.(type) {
		case int64:
			l[i] = value
		case error:
			return l, value
		default:
			return l, errNoLengths
		}
	}
	return l, nil
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
