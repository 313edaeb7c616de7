package publish

import (
	"context"
	"errors"
	"fmt"

	"github.com/sony/gobreaker/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// attempts is how often a notice is sent before its place counts as failing: a
// kept connection may have been closed by the other end meanwhile.
const attempts = 2

// deliver sends a notice, again from the first event on that was not
// acknowledged if it fails at once.
func (l *lane) deliver(ctx context.Context, n monitor.Notice) monitor.Delivery {
	d := monitor.Delivery{Publisher: l.publisher.Name()}
	for range attempts {
		taken, err := l.breaker.Execute(func() (int, error) { return l.publish(ctx, n) })
		d.Acknowledged += taken
		d.Outcome, d.Err = l.outcome(err)
		if d.Outcome != monitor.DeliveryFailed || !failure.IsRetryable(err) || ctx.Err() != nil {
			break
		}
		n.Events = n.Events[taken:]
	}
	if d.Outcome == monitor.DeliveryDone || d.Outcome == monitor.DeliveryFailed || l.depth == 0 {
		l.options.Observe(d.Publisher, d.Outcome)
	}
	return d
}

// publish makes a panic of the publisher's an error of its own.
func (l *lane) publish(ctx context.Context, n monitor.Notice) (taken int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return l.publisher.Publish(ctx, n)
}

// outcome is what an attempt's error means.
func (l *lane) outcome(err error) (monitor.DeliveryOutcome, error) {
	if err == nil {
		return monitor.DeliveryDone, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return monitor.DeliverySkipped, fmt.Errorf("left alone for a while, since: %w", l.last)
	}
	l.last = err
	return monitor.DeliveryFailed, err
}
