package publish

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// Options are the limits of a Fan. A zero field means its default.
type Options struct {
	Patience     time.Duration // how long a broadcast waits, 500 ms
	Deadline     time.Duration // for sending one queued notice, 2 s
	Failures     uint32        // consecutive failures that open a circuit, 3
	Rest         time.Duration // how long a circuit stays open, 10 s
	Destinations int           // of one publisher that are remembered, 512
	Waiting      int           // notices in all queues of one publisher, 8,192
	Workers      int           // queued notices sent to one destination at once, 8
	// Observe is called for each notice that was delivered, failed (another
	// attempt may follow), was skipped, or was dropped.
	Observe func(publisher string, outcome monitor.DeliveryOutcome)
}

// Entry is a publisher and how it is used.
type Entry struct {
	Publisher Publisher
	// Queue is how many notices wait for one destination; the newest are kept, each
	// with its Spec and Sample only. With 0 there is no queue: events are sent again
	// from the job's state.
	Queue int
}

// Fan is a monitor.Broadcaster over publishers.
type Fan struct {
	options    Options
	publishers []*lanes
	log        *slog.Logger
}

var _ monitor.Broadcaster = (*Fan)(nil)

// NewFan returns a Fan over entries. Close ends it.
func NewFan(o Options, log *slog.Logger, entries ...Entry) *Fan {
	if o.Patience <= 0 {
		o.Patience = 500 * time.Millisecond
	}
	if o.Deadline <= 0 {
		o.Deadline = 2 * time.Second
	}
	if o.Failures == 0 {
		o.Failures = 3
	}
	if o.Rest <= 0 {
		o.Rest = 10 * time.Second
	}
	if o.Destinations <= 0 {
		o.Destinations = 512
	}
	if o.Waiting <= 0 {
		o.Waiting = 8192
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Observe == nil {
		o.Observe = func(string, monitor.DeliveryOutcome) {}
	}
	f := &Fan{options: o, log: log}
	for _, e := range entries {
		f.publishers = append(f.publishers, newLanes(e, o, log))
	}
	return f
}

// Broadcast implements monitor.Broadcaster. It calls all publishers at once, and
// goes on if ctx is cancelled, because the commit is made.
func (f *Fan) Broadcast(ctx context.Context, n monitor.Notice) []monitor.Delivery {
	ctx = context.WithoutCancel(ctx)
	var names []string
	var items []*item
	for _, p := range f.publishers {
		if destination := p.entry.Publisher.Destination(n); destination != "" {
			names = append(names, p.entry.Publisher.Name())
			items = append(items, p.to(destination).send(ctx, n))
			p.shed()
		}
	}
	if len(items) == 0 {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, f.options.Patience)
	defer cancel()
	deliveries := make([]monitor.Delivery, len(items))
	for i, it := range items {
		deliveries[i] = it.await(wait, names[i])
	}
	return deliveries
}

// Circuits returns the state of each publisher's destinations, in the order of
// the publishers.
func (f *Fan) Circuits() []monitor.Circuit {
	circuits := make([]monitor.Circuit, len(f.publishers))
	for i, p := range f.publishers {
		c := &circuits[i]
		c.Publisher = p.entry.Publisher.Name()
		for _, l := range p.all() {
			open, queued := l.circuit()
			c.Queued += queued
			if open {
				c.Open++
			}
		}
	}
	return circuits
}

// reportTimeout bounds how long Close waits until what it dropped is recorded.
const reportTimeout = time.Second

// Close sends what waits until ctx ends, then drops the rest and logs how much
// that was.
func (f *Fan) Close(ctx context.Context) {
	var lanes []*lane
	for _, p := range f.publishers {
		lanes = append(lanes, p.all()...)
	}
	var wait sync.WaitGroup
	for _, l := range lanes {
		wait.Go(func() {
			defer failure.Rescue(l.logPanic)
			l.flush(ctx)
		})
	}
	wait.Wait()
	lost := 0
	for _, l := range lanes {
		lost += l.forget()
	}
	reports, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTimeout)
	defer cancel()
	for _, l := range lanes {
		l.awaitReports(reports)
	}
	if lost > 0 {
		f.log.WarnContext(ctx, "dropped undelivered samples", "count", lost)
	}
}
