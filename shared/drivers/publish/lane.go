package publish

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// lane delivers to one destination through a circuit breaker. The notices of a
// publisher with a queue wait in that queue: several are sent at once while the
// circuit is closed, one while it is half-open, none while it is open. A timer
// ends that pause, so nothing runs while nothing waits.
type lane struct {
	publisher Publisher
	options   Options
	log       *slog.Logger
	depth     int // of the queue; 0: there is none

	mu        sync.Mutex
	breaker   *gobreaker.CircuitBreaker[int]
	queue     []*item      // oldest first
	sending   int          // notices taken from the queue whose attempt has not ended
	ended     *sync.Cond   // an attempt, or the report of a late delivery, ended
	held      map[life]int // notices in the queue or being sent
	reporting int          // late deliveries that are being reported
	paused    bool         // a timer will call resume
	forgotten bool         // a notice that fails now is dropped
	last      error        // of the attempts; it is of kind unavailable
}

func newLane(e Entry, o Options, log *slog.Logger) *lane {
	l := &lane{publisher: e.Publisher, options: o, log: log, depth: e.Queue, breaker: newBreaker(o), held: map[life]int{}}
	l.ended = sync.NewCond(&l.mu)
	return l
}

// send hands over a notice.
func (l *lane) send(ctx context.Context, n monitor.Notice) *item {
	if l.depth == 0 {
		it := l.newItem(ctx, n, l.options.Patience*9/10) // so that the broadcast learns of it
		go func() {
			defer failure.Rescue(l.logPanic)
			it.report(it.deliver())
		}()
		return it
	}
	it := l.newItem(ctx, monitor.Notice{Spec: n.Spec, Sample: n.Sample, Late: n.Late}, l.options.Deadline)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[it.life]++
	if len(l.queue) >= l.depth {
		l.dropOldest()
	}
	l.queue = append(l.queue, it)
	l.next()
	return it
}

// next starts as many attempts as the circuit allows, or plans the next one. The
// caller holds the lock.
func (l *lane) next() {
	limit := l.options.Workers
	if state := l.breaker.State(); state != gobreaker.StateClosed {
		limit = 0
		if state == gobreaker.StateHalfOpen {
			limit = 1
		}
		for _, it := range l.queue { // no broadcast waits for a destination that fails
			it.report(l.pending(monitor.DeliveryWaiting))
		}
	}
	for len(l.queue) > 0 && l.sending < limit {
		it := l.queue[0]
		l.queue = slices.Delete(l.queue, 0, 1)
		l.sending++
		go func() {
			defer failure.Rescue(l.logPanic)
			l.attempt(it)
		}()
	}
	if len(l.queue) > 0 && l.sending == 0 && !l.paused {
		l.paused = true
		// The circuit is half-open once more than Rest is over.
		time.AfterFunc(l.options.Rest+time.Millisecond, func() {
			defer failure.Rescue(l.logPanic)
			l.resume()
		})
	}
}

// resume ends the pause.
func (l *lane) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = false
	l.next()
}

// attempt sends one notice. It returns the notice to the queue if a later attempt
// may succeed.
func (l *lane) attempt(it *item) {
	d := it.deliver()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending--
	if d.Outcome == monitor.DeliverySkipped || failure.IsRetryable(d.Err) {
		l.queue = slices.Insert(l.queue, 0, it)
		if l.forgotten || len(l.queue) > l.depth {
			l.dropOldest()
		}
	} else {
		l.settle(it, d)
	}
	l.next()
	l.ended.Broadcast()
}

// flush sends what waits until ctx ends or the destination keeps failing. As this
// is the last chance, it starts with a closed circuit.
func (l *lane) flush(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		defer failure.Rescue(l.logPanic)
		l.wake()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaker = newBreaker(l.options)
	l.next()
	for l.sending > 0 && ctx.Err() == nil {
		l.ended.Wait()
	}
}

// wake lets flush look at its context.
func (l *lane) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended.Broadcast()
}

// forget drops what waits, and what is being sent if that fails. It returns how
// many notices that concerns.
func (l *lane) forget() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgotten = true
	count := len(l.queue) + l.sending
	for len(l.queue) > 0 {
		l.dropOldest()
	}
	return count
}

// dropOldest drops the oldest notice. The caller holds the lock.
func (l *lane) dropOldest() {
	d := l.pending(monitor.DeliveryDropped)
	if d.Err == nil {
		d.Err = errDropped
	}
	l.settle(l.queue[0], d)
	l.queue = slices.Delete(l.queue, 0, 1)
	l.options.Observe(l.publisher.Name(), monitor.DeliveryDropped)
}
