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
	// During, if set, is called before Broadcast returns.
	During func(monitor.Notice)

	mu      sync.Mutex
	notices []monitor.Notice
	events  []job.Event // the acknowledged ones that were not refused
	accepts int         // how many more it acknowledges while err is set
	err     error
	refuse  func(job.Event) error
}

// Fail makes Broadcast acknowledge only as many more events as accepts says and
// report err. A nil err ends that.
func (r *Receiver) Fail(err error, accepts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.accepts = err, accepts
}

// Refuse makes Broadcast refuse for good the events for which refuse returns an
// error.
func (r *Receiver) Refuse(refuse func(job.Event) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

// Broadcast implements monitor.Broadcaster.
func (r *Receiver) Broadcast(_ context.Context, n monitor.Notice) []monitor.Delivery {
	if r.During != nil {
		r.During(n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notices = append(r.notices, n)
	d := monitor.Delivery{Publisher: "receiver", Outcome: monitor.DeliveryDone, Acknowledged: len(n.Events)}
	if r.err != nil {
		d.Outcome, d.Err, d.Acknowledged = monitor.DeliveryFailed, r.err, min(r.accepts, len(n.Events))
		r.accepts -= d.Acknowledged
	}
	for _, e := range n.Events[:d.Acknowledged] {
		if err := r.refusal(e); err != nil {
			d.Refused = append(d.Refused, err)
			d.Outcome, d.Err = monitor.DeliveryFailed, d.Refused[0]
			continue
		}
		r.events = append(r.events, e)
	}
	return []monitor.Delivery{d}
}

func (r *Receiver) refusal(e job.Event) error {
	if r.refuse == nil {
		return nil
	}
	return r.refuse(e)
}

// Events returns the events that were acknowledged and not refused, in order.
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
