package publish

import (
	"context"
	"sync"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// lane is the way to one place: its circuit breaker and its queue. What waits is
// sent on with the next notice for the place, so that nothing runs while there
// is none.
type lane struct {
	publisher Publisher
	options   Options
	depth     int
	breaker   *gobreaker.CircuitBreaker[int]

	mu      sync.Mutex
	queue   []*item // oldest first
	workers int
	idle    chan struct{} // closed when workers reaches 0; nil if nobody waits
	last    error
}

// item is a notice that waits; done is told of it once, and may not listen.
type item struct {
	notice monitor.Notice
	done   chan monitor.Delivery
}

func newLane(e Entry, o Options) *lane {
	return &lane{
		publisher: e.Publisher, options: o, depth: e.Queue,
		breaker: gobreaker.NewCircuitBreaker[int](gobreaker.Settings{
			Timeout:     o.Rest,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= o.Failures },
		}),
	}
}

// send hands over a notice; the result comes once.
func (l *lane) send(ctx context.Context, n monitor.Notice) <-chan monitor.Delivery {
	it := &item{notice: n, done: make(chan monitor.Delivery, 1)}
	if l.depth == 0 {
		go func() {
			ctx, cancel := context.WithTimeout(ctx, l.options.Patience*9/10) // to be heard of in time
			defer cancel()
			it.tell(l.deliver(ctx, n))
		}()
		return it.done
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= l.depth {
		l.drop()
	}
	l.queue = append(l.queue, it)
	workers, sound := l.allowed()
	if l.workers < workers {
		l.workers++
		go l.work(ctx)
	}
	if !sound {
		it.tell(l.waiting())
	}
	return it.done
}

// allowed is how many workers there may be, and whether the place is sound:
// after failures one notice tries first, and nobody waits for it.
func (l *lane) allowed() (workers int, sound bool) {
	switch l.breaker.State() {
	case gobreaker.StateOpen:
		return 0, false
	case gobreaker.StateHalfOpen:
		return 1, false
	case gobreaker.StateClosed:
	}
	return l.options.Workers, true
}

// waiting is the result of a notice that waits behind a failure.
func (l *lane) waiting() monitor.Delivery {
	return monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryWaiting, Err: l.last}
}

// work sends what waits until nothing does, or the place does not take it.
func (l *lane) work(ctx context.Context) {
	for it := l.take(); it != nil; it = l.take() {
		if !l.try(ctx, it) {
			return
		}
	}
}

// try sends one notice. One that may be taken later goes back, and the worker
// ends: false.
func (l *lane) try(ctx context.Context, it *item) bool {
	ctx, cancel := context.WithTimeout(ctx, l.options.Deadline)
	defer cancel()
	d := l.deliver(ctx, it.notice)
	if d.Outcome != monitor.DeliverySkipped && !failure.IsRetryable(d.Err) {
		it.tell(d)
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) < l.depth {
		l.queue = append([]*item{it}, l.queue...)
	} else {
		l.options.Observe(l.publisher.Name(), monitor.DeliveryDropped)
	}
	l.rest()
	it.tell(l.waiting())
	for _, behind := range l.queue { // nobody sends them just now
		behind.tell(l.waiting())
	}
	return false
}

// take is the oldest notice that waits; nil ends the worker, as none does.
func (l *lane) take() *item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.rest()
		return nil
	}
	it := l.queue[0]
	l.queue = l.queue[1:]
	return it
}

// rest notes that a worker ends. The caller holds the lock since it looked at
// the queue: so no notice comes in between and finds a worker that does not
// look any more.
func (l *lane) rest() {
	l.workers--
	if l.workers == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

// drop gives up the oldest notice. The caller holds the lock.
func (l *lane) drop() {
	l.queue[0].tell(monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryDropped, Err: l.last})
	l.queue = l.queue[1:]
	l.options.Observe(l.publisher.Name(), monitor.DeliveryDropped)
}

// giveUp drops everything that waits and tells how much that was.
func (l *lane) giveUp() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := len(l.queue)
	for len(l.queue) > 0 {
		l.drop()
	}
	return count
}

// flush sends what waits until ctx ends or the place does not take it.
func (l *lane) flush(ctx context.Context) {
	l.mu.Lock()
	l.workers++
	l.mu.Unlock()
	go l.work(ctx)
	l.mu.Lock()
	if l.workers == 0 {
		l.mu.Unlock()
		return
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// state tells whether nothing is sent for a while, and how much waits.
func (l *lane) state() (open bool, queued int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.breaker.State() == gobreaker.StateOpen, len(l.queue)
}

// tell gives the result, once.
func (it *item) tell(d monitor.Delivery) {
	select {
	case it.done <- d:
	default:
	}
}
