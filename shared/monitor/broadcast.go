package monitor

import (
	"context"
	"maps"
	"slices"
	"time"
)

// noteEvery is how often a publisher that goes on failing is noted anew.
const noteEvery = 10 * time.Second

// broadcast tells the further places of a notice, keeps what they acknowledged
// and how they do, and gives the number of events that were acknowledged.
// Whatever fails here is not the tick's failure: what is not acknowledged stays
// in the job's outbox.
func (s *Service) broadcast(ctx context.Context, record Record, n Notice) int {
	if s.broadcaster == nil {
		return 0
	}
	deliveries := s.broadcaster.Broadcast(ctx, n)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	s.markPublishers(ctx, record, deliveries)
	var acknowledged []Event
	for _, d := range deliveries {
		acknowledged = append(acknowledged, n.Events[:d.Acknowledged]...)
	}
	acknowledged = slices.DeleteFunc(acknowledged, func(e Event) bool { return e.Kind == EventSample })
	if len(acknowledged) == 0 {
		return 0
	}
	_, _, err := s.update(ctx, n.Spec.ID, func(r Record) (State, bool) {
		left := without(r.State.Outbox, acknowledged)
		changed := len(left) != len(r.State.Outbox)
		r.State.Outbox = left
		return r.State, changed
	})
	if err != nil && KindOf(err) != KindNotFound {
		s.log.WarnContext(ctx, "events not noted as sent", "job", n.Spec.ID, "error", err)
	}
	return len(acknowledged)
}

// resend sends what a job's outbox holds.
func (s *Service) resend(ctx context.Context, record Record, state State) int {
	if len(state.Outbox) == 0 {
		return 0
	}
	return s.broadcast(ctx, record, Notice{Spec: record.Spec, State: state, Again: true, Events: state.Outbox})
}

// markPublishers notes a publisher that begins or ceases to fail.
func (s *Service) markPublishers(ctx context.Context, record Record, deliveries []Delivery) {
	now := s.now()
	states := maps.Clone(record.Publishers)
	changed := false
	for _, d := range deliveries {
		was := states[d.Publisher]
		is := was.after(d, now)
		if is == was {
			continue
		}
		changed = true
		if states == nil {
			states = map[string]PublisherState{}
		}
		states[d.Publisher] = is
		if is.Failing != was.Failing {
			s.log.WarnContext(ctx, "publisher", "job", record.Spec.ID, "publisher", d.Publisher,
				"failing", is.Failing, "outcome", d.Outcome, "error", d.Err)
		}
	}
	if !changed {
		return
	}
	if err := s.store.MarkPublishers(ctx, record.Spec.ID, states); err != nil {
		s.log.WarnContext(ctx, "publishers' state not noted", "job", record.Spec.ID, "error", err)
	}
}

// after is the state after one more delivery: the same for one that says
// nothing new. It is pure.
func (p PublisherState) after(d Delivery, now time.Time) PublisherState {
	switch {
	case d.Err != nil && (!p.Failing || now.Sub(time.UnixMilli(p.At)) >= noteEvery):
		return PublisherState{Failing: true, LastError: d.Err.Error(), At: now.UnixMilli()}
	case d.Err == nil && d.Outcome == DeliveryDone:
		p.Failing = false
	}
	return p
}
