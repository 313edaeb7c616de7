package publish

import (
	"context"
	"sync"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/monitor"
)

// lane delivers to one destination: through a circuit breaker, and for a
// publisher with a queue from that queue. One goroutine sends what waits. It
// lives only while something waits, and sleeps while the circuit is open.
type lane struct {
	publisher Publisher
	options   Options
	depth     int
	breaker   *gobreaker.CircuitBreaker[int]
	closing   context.Context //nolint:containedctx // a signal, passed to no call
	close     context.CancelFunc

	mu      sync.Mutex
	queue   []*item       // oldest first
	sending int           // taken from the queue, and not delivered yet
	done    chan struct{} // closed when the goroutine ends; nil if there is none
	gone    bool          // the lane was given up: what fails now is lost
	last    error
}

// item is a notice that waits. done yields its delivery once.
type item struct {
	ctx    context.Context //nolint:containedctx // the trace of the notice, without its cancellation
	notice monitor.Notice
	done   chan monitor.Delivery
}

func newLane(e Entry, o Options) *lane {
	l := &lane{
		publisher: e.Publisher, options: o, depth: e.Queue,
		breaker: gobreaker.NewCircuitBreaker[int](gobreaker.Settings{
			Timeout:     o.Rest,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= o.Failures },
		}),
	}
	l.closing, l.close = context.WithCancel(context.Background())
	return l
}

// send hands over a notice. The channel yields the delivery once.
func (l *lane) send(ctx context.Context, n monitor.Notice) <-chan monitor.Delivery {
	it := &item{ctx: ctx, notice: n, done: make(chan monitor.Delivery, 1)}
	if l.depth == 0 {
		go func() {
			ctx, cancel := context.WithTimeout(ctx, l.options.Patience*9/10) // so that the broadcast learns of it
			defer cancel()
			it.report(l.deliver(ctx, n))
		}()
		return it.done
	}
	it.notice = queued(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= l.depth {
		l.dropOldest()
	}
	l.queue = append(l.queue, it)
	if l.done == nil {
		l.done = make(chan struct{})
		go l.run() //nolint:contextcheck // each notice has its own context
	}
	if l.breaker.State() != gobreaker.StateClosed { // nobody waits for a destination that fails
		it.report(l.waiting())
	}
	return it.done
}

// queued returns the part of a notice that a queue holds. The state of the job,
// with its outbox, is not kept in memory.
func queued(n monitor.Notice) monitor.Notice {
	return monitor.Notice{Spec: n.Spec, Sample: n.Sample, Lost: n.Lost, Again: n.Again}
}

// flush tries to send what waits, whatever the state of the circuit, until ctx
// ends or an attempt fails.
func (l *lane) flush(ctx context.Context) {
	l.close()
	l.mu.Lock()
	done := l.done
	l.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// giveUp drops everything that waits and returns how much that was. A notice
// that is on its way is dropped too if its attempt fails.
func (l *lane) giveUp() int {
	l.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	count := len(l.queue)
	for len(l.queue) > 0 {
		l.dropOldest()
	}
	return count
}

// dropOldest drops the oldest notice. The caller holds the lock.
func (l *lane) dropOldest() {
	l.queue[0].report(monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryDropped, Err: l.last})
	l.queue = l.queue[1:]
	l.options.Observe(l.publisher.Name(), monitor.DeliveryDropped)
}

// waiting returns the delivery of a notice that waits behind a failure.
func (l *lane) waiting() monitor.Delivery {
	return monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryWaiting, Err: l.last}
}

// state reports whether the circuit is open, and returns how many notices wait.
func (l *lane) state() (open bool, queued int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.breaker.State() == gobreaker.StateOpen, len(l.queue) + l.sending
}

// report yields the delivery, once.
func (it *item) report(d monitor.Delivery) {
	select {
	case it.done <- d:
	default:
	}
}
