// Package redisbatch sends the commands that concurrent callers have for one Redis in one
// request. While a request is under way, those who come wait, and the next request takes
// them all: the more callers there are, the fewer requests each of them costs. Who sends a
// request first lets the goroutines run that are ready to: some of them are callers, too.
// A caller who is alone waits for nobody, and none waits long behind a request that is slow.
//
// What a request is traced and measured as is that of its first caller.
package redisbatch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
)

const (
	// maxCallers bounds the callers of a request, and with them the bytes of its answer.
	maxCallers = 32
	// maxUnderWay bounds the requests under way, of which there is one unless it is slow.
	maxUnderWay = 4
	// slow is how long a caller waits behind the requests under way until there is another
	// one beside them.
	slow = 5 * time.Millisecond
	// patience bounds a request whose callers have no deadline.
	patience = 10 * time.Second
)

// ErrAbandoned means that a caller's context ended before the answer came. The commands may
// still be written to: they must not be read.
var ErrAbandoned = errors.New("nobody waited for the answer")

// Client makes pipelines, each of which sends the commands for one server on one connection,
// with no others in between.
type Client interface {
	Pipeline() redis.Pipeliner
}

// Batcher sends commands through a client.
type Batcher struct {
	client Client

	mu       sync.Mutex
	waiting  []*call // the one that has waited longest is the first
	underWay int
	slow     *time.Timer // runs while calls wait; nil: none has waited yet
}

// New returns a Batcher.
func New(client Client) *Batcher { return &Batcher{client: client} }

// call is what one caller wants.
type call struct {
	commands []redis.Cmder
	deadline time.Time // zero: none
	since    time.Time // when it began to wait
	// turn gets one value: true if this call has to send a request, for others too; false
	// once another one has sent it.
	turn  chan bool
	err   error    // why the request could not be made
	alone [1]*call // itself
}

// calls are those that nobody refers to any longer: a tick has four.
var calls = sync.Pool{New: func() any {
	c := &call{turn: make(chan bool, 1)}
	c.alone[0] = c
	return c
}}

func newCall(ctx context.Context, commands []redis.Cmder) *call {
	c := calls.Get().(*call) //nolint:forcetypeassert // they are all calls
	c.commands, c.err = commands, nil
	c.deadline, _ = ctx.Deadline()
	return c
}

// end returns the first error of a call that was sent. Nobody may refer to the call after
// that.
func (c *call) end() error {
	err := c.result()
	c.commands = nil
	calls.Put(c)
	return err
}

// Do sends commands, one after the other on one connection, and returns the first error of
// them. Each command then has its value and its error, unless the error wraps ErrAbandoned.
// All callers wait for the largest answer, so large ones do not belong here.
func (b *Batcher) Do(ctx context.Context, commands ...redis.Cmder) error {
	own := newCall(ctx, commands)
	if b.enter(own) {
		return b.take(ctx, own, true)
	}
	select {
	case turn := <-own.turn:
		return b.take(ctx, own, turn)
	case <-ctx.Done():
		return b.abandon(ctx, own)
	}
}

// abandon ends a call whose context has ended. If it is its turn to send a request, it does:
// the others of that request count on it.
func (b *Batcher) abandon(ctx context.Context, own *call) error {
	if !b.leave(own) {
		select {
		case turn := <-own.turn:
			return b.take(ctx, own, turn)
		default: // another one sends it just now
		}
	}
	return fmt.Errorf("%w: %w", ErrAbandoned, ctx.Err())
}

// take ends a call. If it has its turn, it first sends its request, and with it those of
// others: also of those who come while it yields the processor. That makes half as many
// requests, as the callers of the request before have all become ready at once.
func (b *Batcher) take(ctx context.Context, own *call, turn bool) error {
	if turn {
		runtime.Gosched()
		b.send(ctx, b.join(own))
	}
	return own.end()
}

// enter reports whether a call is to be sent at once. Else it waits.
func (b *Batcher) enter(own *call) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.underWay == 0 {
		b.underWay++
		return true
	}
	own.since = time.Now()
	b.waiting = append(b.waiting, own)
	if len(b.waiting) == 1 {
		b.watch()
	}
	return false
}

// watch looks after those who wait, when the first of them has waited for long.
func (b *Batcher) watch() {
	if b.slow != nil {
		b.slow.Reset(slow)
		return
	}
	b.slow = time.AfterFunc(slow, func() {
		defer failure.Rescue(func(error) {})
		b.beside()
	})
}

// join returns a call that has its turn and those who wait, as many as a request may have.
func (b *Batcher) join(own *call) []*call {
	b.mu.Lock()
	defer b.mu.Unlock()
	others := b.waiting[:min(len(b.waiting), maxCallers-1)]
	if len(others) == 0 {
		return own.alone[:]
	}
	batch := slices.Concat(own.alone[:], others)
	b.waiting = slices.Delete(b.waiting, 0, len(others))
	return batch
}

// leave takes a call out of the queue, and reports whether it was there: else it has its
// turn, or another one sends it.
func (b *Batcher) leave(own *call) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.Index(b.waiting, own)
	if at >= 0 {
		b.waiting = slices.Delete(b.waiting, at, at+1)
	}
	return at >= 0
}

// send makes the request of some callers, the first of which calls it, and then gives the
// turn to those who wait.
func (b *Batcher) send(ctx context.Context, batch []*call) {
	err := failure.Catch(func() error { return b.request(ctx, batch) })
	b.next()
	for i, one := range batch {
		one.err = err
		if i > 0 {
			one.turn <- false
		}
	}
}

// next gives the turn to those who wait, at the end of a request.
func (b *Batcher) next() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.underWay--
		return
	}
	b.turn()
}

// beside gives the turn to those who have waited for long, although the requests under way
// have not ended.
func (b *Batcher) beside() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return
	}
	if time.Since(b.waiting[0].since) >= slow && b.underWay < maxUnderWay {
		b.underWay++
		b.turn()
	}
	b.watch()
}

// turn lets the first of those who wait send the next request.
func (b *Batcher) turn() {
	first := b.waiting[0]
	b.waiting = slices.Delete(b.waiting, 0, 1)
	first.turn <- true
}

// request sends the commands of some callers. It returns an error that no command has: that
// of a connection that could not be made.
func (b *Batcher) request(ctx context.Context, batch []*call) error {
	if len(batch) > 1 || batch[0].deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(context.WithoutCancel(ctx), latest(batch))
		defer cancel()
	}
	pipe := b.client.Pipeline()
	for _, one := range batch {
		for _, command := range one.commands {
			_ = pipe.Process(ctx, command) // it only queues the command
		}
	}
	_, err := pipe.Exec(ctx)
	if slices.ContainsFunc(batch, func(one *call) bool { return one.result() != nil }) {
		return nil
	}
	return err
}

// latest returns the latest of the callers' deadlines.
func latest(batch []*call) time.Time {
	var deadline time.Time
	for _, one := range batch {
		if one.deadline.IsZero() {
			return time.Now().Add(patience)
		}
		if one.deadline.After(deadline) {
			deadline = one.deadline
		}
	}
	return deadline
}

// result returns the first error of a call that was sent.
func (c *call) result() error {
	if c.err != nil {
		return c.err
	}
	for _, command := range c.commands {
		if err := command.Err(); err != nil {
			return err
		}
	}
	return nil
}
