package publish

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// lane delivers to one destination through a circuit breaker. The notices of a
// publisher with a queue wait in that queue: several are sent at once while the
// circuit is closed, one while it is half-open, none while it is open. A timer
// ends that pause, so nothing runs while nothing waits. A notice whose failure is not
// that of the destination waits as long, and no other waits for it.
type lane struct {
	publisher Publisher
	options   Options
	log       *slog.Logger
	depth     int           // of the queue; 0: there is none
	total     *atomic.Int64 // notices in all lanes of the publisher

	mu        sync.Mutex
	breaker   *gobreaker.CircuitBreaker[int]
	queue     []*item      // oldest first
	sending   int          // notices taken from the queue whose attempt has not ended
	ended     *sync.Cond   // an attempt, or the report of a late delivery, ended
	held      map[life]int // notices in the queue or being sent
	reporting int          // late deliveries that are being reported
	answered  bool         // the destination has answered
	proven    bool         // it has answered since its circuit was open
	paused    bool         // a timer will call resume
	forgotten bool         // a notice that fails now is dropped
	last      error        // why the destination was unavailable
}

// unprovenWorkers is how many notices are sent at once to a destination that has not
// answered yet.
const unprovenWorkers = 2

func newLane(e Entry, o Options, log *slog.Logger, total *atomic.Int64) *lane {
	l := &lane{
		publisher: e.Publisher, options: o, log: log, depth: e.Queue, total: total, breaker: newBreaker(o), held: map[life]int{},
	}
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
	n = monitor.Notice{Spec: n.Spec, Sample: n.Sample, Late: n.Late}
	n.Spec.Heuristics = nil // of any size
	it := l.newItem(ctx, n, l.options.Deadline)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[it.life]++
	l.total.Add(1)
	l.queue = append(l.queue, it)
	l.next()
	if len(l.queue) > l.depth {
		l.drop(l.surplus())
	}
	return it
}

// next starts as many attempts as the circuit allows, or plans the next one. The
// caller holds the lock.
func (l *lane) next() {
	limit := l.options.Workers
	if !l.proven {
		limit = min(limit, unprovenWorkers)
	}
	if state := l.breaker.State(); state != gobreaker.StateClosed {
		limit, l.proven = 0, false
		if state == gobreaker.StateHalfOpen {
			limit = 1
		}
		for _, it := range l.queue { // no broadcast waits for a destination that fails
			it.report(l.pending(it, monitor.DeliveryWaiting))
		}
	}
	for l.sending < limit {
		i := l.ready()
		if i < 0 {
			break
		}
		it := l.queue[i]
		l.queue = slices.Delete(l.queue, i, i+1)
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

// ready returns the index of the oldest notice that may be sent, -1 if there is none.
// The caller holds the lock.
func (l *lane) ready() int {
	now := time.Now()
	return slices.IndexFunc(l.queue, func(it *item) bool { return !now.Before(it.notBefore) })
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
	retried := d.Outcome == monitor.DeliverySkipped || failure.IsRetryable(d.Err)
	if !retried || isAnswer(d.Err) {
		l.answered, l.proven = true, true
	}
	if !retried {
		l.settle(it, d)
	} else {
		l.queue = slices.Insert(l.queue, 0, it)
		l.delay(it, d)
		switch {
		case l.forgotten:
			l.drop(0)
		case len(l.queue) > l.depth:
			l.drop(l.surplus())
		}
	}
	l.next()
	l.ended.Broadcast()
}

// delay lets a notice wait whose failure is not that of the destination: it opens no
// circuit. The caller holds the lock.
func (l *lane) delay(it *item, d monitor.Delivery) {
	if !isAnswer(d.Err) {
		it.err = nil
		return
	}
	it.notBefore, it.err = time.Now().Add(l.options.Rest), d.Err
	it.report(l.pending(it, monitor.DeliveryWaiting))
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
	for _, it := range l.queue {
		it.notBefore = time.Time{}
	}
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
		l.drop(0)
	}
	return count
}
