package publish

import (
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

// deliver sends a notice. If that fails at once with a transient error, it sends
// the events again that were not acknowledged.
func (l *lane) deliver(ctx context.Context, n monitor.Notice) monitor.Delivery {
	d := monitor.Delivery{Publisher: l.publisher.Name()}
	for range attempts {
		acknowledged, err := l.execute(func() (int, error) { return l.publish(ctx, n) })
		d.Acknowledged += acknowledged
		d.Outcome, d.Err = l.outcome(err)
		if d.Outcome != monitor.DeliveryFailed || !failure.IsRetryable(err) || ctx.Err() != nil {
			break
		}
		n.Events = n.Events[acknowledged:]
	}
	if d.Outcome == monitor.DeliveryDone || d.Outcome == monitor.DeliveryFailed || l.depth == 0 {
		l.options.Observe(d.Publisher, d.Outcome)
	}
	return d
}

// execute calls an attempt through the circuit breaker. A lane that is closing
// has no later chance, so it ignores the breaker.
func (l *lane) execute(attempt func() (int, error)) (int, error) {
	if l.closing.Err() != nil {
		return attempt()
	}
	return l.breaker.Execute(attempt)
}

// publish calls the publisher and turns a panic into an error.
func (l *lane) publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return l.publisher.Publish(ctx, n)
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
	l.last = err
	return monitor.DeliveryFailed, err
}
