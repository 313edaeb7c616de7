package publish

import (
	"context"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// run sends what waits until nothing does. While the circuit is open it sleeps.
// The first failure after the lane began to close ends it.
func (l *lane) run() {
	for {
		closing := l.closing.Err() != nil
		batch := l.take()
		switch {
		case batch == nil:
			return
		case l.try(batch):
		case closing:
			l.mu.Lock()
			l.end()
			l.mu.Unlock()
			return
		case l.breaker.State() == gobreaker.StateOpen:
			l.sleep()
		}
	}
}

// end notes that the goroutine ends. The caller holds the lock.
func (l *lane) end() {
	close(l.done)
	l.done = nil
}

// take returns the notices to send next, the oldest first: several, or one that
// tries a circuit that is not closed. It returns nil if nothing waits; then the
// goroutine must end.
func (l *lane) take() []*item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.end()
		return nil
	}
	l.sending = 1
	if l.breaker.State() == gobreaker.StateClosed || l.closing.Err() != nil {
		l.sending = min(l.options.Workers, len(l.queue))
	}
	batch := l.queue[:l.sending]
	l.queue = l.queue[l.sending:]
	return batch
}

// try sends a batch, all of it at once. Notices that a later attempt may deliver
// go back to the queue, and try returns false.
func (l *lane) try(batch []*item) bool {
	deliveries := make([]monitor.Delivery, len(batch))
	var all sync.WaitGroup
	for i, it := range batch {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(it.ctx, l.options.Deadline)
			defer cancel()
			deliveries[i] = l.deliver(ctx, it.notice)
		})
	}
	all.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending = 0
	var failed []*item
	for i, it := range batch {
		if d := deliveries[i]; d.Outcome != monitor.DeliverySkipped && !failure.IsRetryable(d.Err) {
			it.report(d)
			continue
		}
		failed = append(failed, it)
	}
	l.requeue(failed)
	return len(failed) == 0
}

// requeue puts notices back to the front of the queue and drops what finds no
// room. If no attempt follows at once, it reports that all of them wait. The
// caller holds the lock.
func (l *lane) requeue(failed []*item) {
	if len(failed) == 0 {
		return
	}
	l.queue = append(failed, l.queue...)
	for len(l.queue) > 0 && (l.gone || len(l.queue) > l.depth) {
		l.dropOldest()
	}
	if l.breaker.State() == gobreaker.StateClosed {
		return
	}
	for _, it := range l.queue {
		it.report(l.waiting())
	}
}

// sleep waits until the circuit breaker lets a notice through, or the lane
// closes.
func (l *lane) sleep() {
	timer := time.NewTimer(l.options.Rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closing.Done():
	}
}
