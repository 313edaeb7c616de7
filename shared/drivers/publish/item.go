package publish

import (
	"context"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// item is a notice on its way to a destination.
type item struct {
	deliver func() monitor.Delivery // may be called again
	done    chan monitor.Delivery   // yields one delivery
}

// newItem returns the item of a notice. ctx is for its trace; timeout bounds each
// delivery.
func (l *lane) newItem(ctx context.Context, n monitor.Notice, timeout time.Duration) *item {
	return &item{
		deliver: func() (d monitor.Delivery) {
			defer failure.Rescue(func(err error) {
				l.logPanic(err)
				d = monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryFailed, Err: err}
			})
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return l.deliver(ctx, n)
		},
		done: make(chan monitor.Delivery, 1),
	}
}

// report yields a delivery, unless one was reported before.
func (it *item) report(d monitor.Delivery) {
	select {
	case it.done <- d:
	default:
	}
}
