package monitor

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// rerecordAfter is how often the error of a publisher that keeps failing is
// recorded again.
const rerecordAfter = 10 * time.Second

// broadcast delivers a notice to the publishers, and removes the events that
// they acknowledged from the job's outbox. A failure here is not a failure of
// the tick: an event that is not acknowledged stays in the outbox. One that was
// refused for good does not: it would hold up the events after it. The caller
// records the deliveries and then calls recorded, for which late ones wait.
func (s *Service) broadcast(ctx context.Context, n Notice) (deliveries []Delivery, recorded func()) {
	if s.broadcaster == nil {
		return nil, func() {}
	}
	late := &lateDeliveries{spec: n.Spec}
	late.spec.Heuristics = nil // it may have any size
	late.first.Add(1)
	recorded = late.first.Done
	n.Late = func(d Delivery) {
		late.first.Wait()
		s.recordLate(ctx, late.spec, d)
	}
	deliveries = s.broadcaster.Broadcast(ctx, n)
	for _, d := range deliveries {
		for _, err := range d.Refused {
			s.log.WarnContext(ctx, "an event was refused for good", "job", n.Spec.ID, "publisher", d.Publisher, "error", err)
		}
	}
	acknowledged := acknowledgedEvents(n, deliveries)
	if len(acknowledged) == 0 {
		return deliveries, recorded
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	_, _, err := s.update(ctx, n.Spec.ID, func(r Record) (job.State, bool) {
		left := job.Unacknowledged(r.State.Outbox, acknowledged)
		changed := len(left) != len(r.State.Outbox)
		r.State.Outbox = left
		return r.State, changed
	})
	if err != nil && failure.KindOf(err) != failure.KindNotFound {
		s.log.WarnContext(ctx, "recording acknowledged events failed", "job", n.Spec.ID, "error", err)
	}
	return deliveries, recorded
}

// lateDeliveries is what the late deliveries of a notice need. It does not keep the state in
// memory.
type lateDeliveries struct {
	spec  job.Spec
	first sync.WaitGroup // until the others are recorded
}

// acknowledgedEvents returns the events that need not be sent again, without
// those of samples, which the outbox does not hold.
func acknowledgedEvents(n Notice, deliveries []Delivery) []job.Event {
	var acknowledged []job.Event
	for _, d := range deliveries {
		acknowledged = append(acknowledged, n.Events[:d.Acknowledged]...)
	}
	return slices.DeleteFunc(acknowledged, func(e job.Event) bool { return e.Kind == job.EventSample })
}

// resend broadcasts the events in a job's outbox and returns how many were taken.
func (s *Service) resend(ctx context.Context, record *Record, state job.State) int {
	if len(state.Outbox) == 0 {
		return 0
	}
	n := Notice{Spec: record.Spec, State: state, Again: true, Events: state.Outbox}
	deliveries, recorded := s.broadcast(ctx, n)
	defer recorded()
	s.markPublishers(ctx, record, deliveries)
	taken := len(acknowledgedEvents(n, deliveries))
	for _, d := range deliveries {
		taken -= len(d.Refused)
	}
	return taken
}

// recordLate records the result of a delivery that came after its broadcast: no
// later tick may do so, if the job has ended since. It writes only if the
// publisher started or stopped failing, or fails in another way.
func (s *Service) recordLate(ctx context.Context, spec job.Spec, d Delivery) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	record, err := s.ticks.Load(ctx, spec.ID, "")
	switch {
	case failure.KindOf(err) == failure.KindNotFound: // its retention is over
	case err != nil:
		s.log.WarnContext(ctx, "recording a late delivery failed", "job", spec.ID, "publisher", d.Publisher, "error", err)
	case record.Spec.Life() == spec.Life():
		d.Late = true
		s.markPublishers(ctx, record, []Delivery{d})
	}
}

// markPublishers records that a publisher started or stopped failing.
func (s *Service) markPublishers(ctx context.Context, record *Record, deliveries []Delivery) {
	if len(deliveries) == 0 {
		return
	}
	now := s.now()
	states := maps.Clone(record.Publishers)
	changed := false
	for _, d := range deliveries {
		before := states[d.Publisher]
		after := before.next(d, now)
		if after == before {
			continue
		}
		changed = true
		if states == nil {
			states = map[string]PublisherState{}
		}
		states[d.Publisher] = after
		if after.Failing != before.Failing {
			s.log.WarnContext(ctx, "publisher state changed", "job", record.Spec.ID, "publisher", d.Publisher,
				"failing", after.Failing, "outcome", d.Outcome, "error", d.Err)
		}
	}
	if !changed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := s.marks.MarkPublishers(ctx, record.Spec.ID, record.Spec.Life(), states); err != nil {
		s.log.WarnContext(ctx, "recording the publishers' state failed", "job", record.Spec.ID, "error", err)
	}
}

// next returns the state after one more delivery: the same state if the
// delivery says nothing new.
func (p PublisherState) next(d Delivery, now time.Time) PublisherState {
	last := len(d.Refused) > 0 || d.Late && d.Err != nil && explain(d.Err) != p.LastError // none may follow
	switch {
	case d.Err != nil && (last || !p.Failing || now.Sub(time.UnixMilli(p.At)) >= rerecordAfter):
		return PublisherState{Failing: true, LastError: explain(d.Err), At: now.UnixMilli()}
	case d.Err == nil && d.Outcome == DeliveryDone:
		p.Failing = false
	}
	return p
}
