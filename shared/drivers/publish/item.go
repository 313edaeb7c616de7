package publish

import (
	"context"
	"sync/atomic"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// item is a notice on its way to a destination.
type item struct {
	life     life
	deliver  func() monitor.Delivery // may be called again
	late     func(monitor.Delivery)  // see monitor.Notice; may be nil
	reported atomic.Bool
	done     chan monitor.Delivery // yields the one that is reported

	// The lane's lock guards these.
	notBefore time.Time
	err       error // of the last attempt, if the destination answered it
}

// life is the life of a job that a notice is of.
type life struct {
	id      job.ID
	started int64
}

// newItem returns the item of a notice. ctx is for its trace; timeout bounds each
// delivery.
func (l *lane) newItem(ctx context.Context, n monitor.Notice, timeout time.Duration) *item {
	return &item{
		life: life{n.Spec.ID, n.Spec.Life()},
		deliver: func() (d monitor.Delivery) {
			defer failure.Rescue(func(err error) {
				l.logPanic(err)
				d = monitor.Delivery{Publisher: l.publisher.Name(), Outcome: monitor.DeliveryFailed, Err: err}
			})
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return l.deliver(ctx, n)
		},
		late: n.Late,
		done: make(chan monitor.Delivery, 1),
	}
}

// report yields a delivery, and reports whether it did: only the first one is.
func (it *item) report(d monitor.Delivery) bool {
	first := it.reported.CompareAndSwap(false, true)
	if first {
		it.done <- d
	}
	return first
}

// await returns the delivery, or a waiting one if wait ends first. A later one is
// late.
func (it *item) await(wait context.Context, publisher string) monitor.Delivery {
	select {
	case d := <-it.done:
		return d
	case <-wait.Done():
		it.report(monitor.Delivery{Publisher: publisher, Outcome: monitor.DeliveryWaiting})
		return <-it.done
	}
}

// errDropped is why a notice is lost if no attempt has failed.
var errDropped = failure.Unavailable("dropped before it was sent", nil)

// settle reports the last delivery of a notice. If its broadcast has ended, the
// notice's own Late gets it, unless the lane holds another notice of the same life:
// what happens to that one is newer. The caller holds the lock.
func (l *lane) settle(it *item, d monitor.Delivery) {
	l.total.Add(-1)
	l.held[it.life]--
	last := l.held[it.life] == 0
	if last {
		delete(l.held, it.life)
	}
	if it.report(d) || !last || it.late == nil {
		return
	}
	l.reporting++
	go func() {
		defer failure.Rescue(l.logPanic)
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.reporting--
			l.ended.Broadcast()
		}()
		it.late(d)
	}()
}

// awaitReports waits until late deliveries have been reported, or ctx ends.
func (l *lane) awaitReports(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		defer failure.Rescue(l.logPanic)
		l.wake()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.reporting > 0 && ctx.Err() == nil {
		l.ended.Wait()
	}
}
