package monitortest

import (
	"context"
	"slices"
	"sync"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Receiver is a monitor.Broadcaster that records notices. It acknowledges their
// events, all of them unless Fail limits that.
type Receiver struct {
	mu      sync.Mutex
	notices []monitor.Notice
	events  []job.Event // the acknowledged ones
	accepts int         // how many more it acknowledges while err is set
	err     error
}

// Fail makes Broadcast acknowledge only as many more events as accepts says and
// report err. A nil err ends that.
func (r *Receiver) Fail(err error, accepts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.accepts = err, accepts
}

// Broadcast implements monitor.Broadcaster.
func (r *Receiver) Broadcast(_ context.Context, n monitor.Notice) []monitor.Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notices = append(r.notices, n)
	if r.err == nil {
		r.events = append(r.events, n.Events...)
		return []monitor.Delivery{{Publisher: "receiver", Outcome: monitor.DeliveryDone, Acknowledged: len(n.Events)}}
	}
	accepted := min(r.accepts, len(n.Events))
	r.accepts -= accepted
	r.events = append(r.events, n.Events[:accepted]...)
	return []monitor.Delivery{{
		Publisher: "receiver", Outcome: monitor.DeliveryFailed, Acknowledged: accepted, Err: r.err,
	}}
}

// Events returns the acknowledged events, in order.
func (r *Receiver) Events() []job.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Notices returns the notices that were broadcast, in order.
func (r *Receiver) Notices() []monitor.Notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.notices)
}
