package monitortest

import (
	"context"
	"slices"
	"sync"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Receiver is a monitor.Broadcaster that acknowledges every event, or a limited number
// of them.
type Receiver struct {
	mu      sync.Mutex
	notices []monitor.Notice
	events  []job.Event
	room    int // events that it still takes, if err is set
	err     error
}

// Fail makes it refuse events with err after it has taken room more. A nil err ends
// that.
func (r *Receiver) Fail(err error, room int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.room = err, room
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
	taken := min(r.room, len(n.Events))
	r.room -= taken
	r.events = append(r.events, n.Events[:taken]...)
	return []monitor.Delivery{{
		Publisher: "receiver", Outcome: monitor.DeliveryFailed, Acknowledged: taken, Err: r.err,
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
