package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// attempts is how often a notice is sent before its delivery counts as failed:
// the other end may have closed a kept connection in the meantime.
const attempts = 2

// newBreaker returns a circuit breaker whose circuit is closed.
func newBreaker(o Options) *gobreaker.CircuitBreaker[int] {
	return gobreaker.NewCircuitBreaker[int](gobreaker.Settings{
		Timeout:     o.Rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= o.Failures },
		// A refusal is an answer: what else is sent to the destination may be taken.
		IsSuccessful: func(err error) bool { return !failure.IsRetryable(err) || isAnswer(err) },
	})
}

// circuit reports whether the circuit is open, and returns how many notices are
// in memory.
func (l *lane) circuit() (open bool, queued int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.breaker.State() == gobreaker.StateOpen, len(l.queue) + l.sending
}

// deliver sends a notice. If that fails at once with a transient error, it sends
// the events again that were not acknowledged. A notice of which an event was
// refused for good has failed, whatever happened to the others.
func (l *lane) deliver(ctx context.Context, n monitor.Notice) monitor.Delivery {
	l.mu.Lock()
	breaker := l.breaker
	l.mu.Unlock()
	d := monitor.Delivery{Publisher: l.publisher.Name()}
	for range attempts {
		acknowledged, err := breaker.Execute(func() (int, error) { return l.publish(ctx, n) })
		d.Acknowledged += acknowledged
		if r, ok := errors.AsType[*refusals](err); ok {
			d.Refused = append(d.Refused, r.refused...)
		}
		d.Outcome, d.Err = l.outcome(err)
		if d.Outcome != monitor.DeliveryFailed || !failure.IsRetryable(err) || ctx.Err() != nil {
			break
		}
		n.Events = n.Events[acknowledged:]
	}
	if len(d.Refused) > 0 {
		d.Outcome, d.Err = monitor.DeliveryFailed, d.Refused[0]
	}
	if d.Outcome == monitor.DeliveryDone || d.Outcome == monitor.DeliveryFailed || l.depth == 0 {
		l.options.Observe(d.Publisher, d.Outcome)
	}
	return d
}

// publish calls the publisher and turns a panic into an error.
func (l *lane) publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error) {
	defer func() {
		if err != nil {
			l.log.DebugContext(ctx, "a delivery failed", "publisher", l.publisher.Name(), "job", n.Spec.ID, "error", failure.Detail(err))
		}
	}()
	defer failure.Rescue(func(caught error) {
		l.logPanic(caught)
		err = caught
	})
	return l.publisher.Publish(ctx, n)
}

// logPanic logs the error of a panic.
func (l *lane) logPanic(err error) {
	l.log.Error("panic", "publisher", l.publisher.Name(), "error", err, "stack", failure.Stack(err))
}

// outcome returns the outcome of an attempt, and the error to show for it.
func (l *lane) outcome(err error) (monitor.DeliveryOutcome, error) {
	if err == nil {
		return monitor.DeliveryDone, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return monitor.DeliverySkipped, fmt.Errorf("circuit open after: %w", l.last)
	}
	if failure.IsRetryable(err) && !isAnswer(err) {
		l.last = err
	}
	return monitor.DeliveryFailed, err
}

// pending returns the delivery of a notice that is not sent because it, or the ones
// before it, failed. The caller holds the lock.
func (l *lane) pending(it *item, outcome monitor.DeliveryOutcome) monitor.Delivery {
	return monitor.Delivery{Publisher: l.publisher.Name(), Outcome: outcome, Err: cmp.Or(it.err, l.last)}
}
