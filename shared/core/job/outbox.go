package job

import (
	"slices"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// maxOutbox bounds the events that wait for a receiver. A job's life causes
// four; changes of its health may cause more, and the oldest of those are
// dropped first.
const maxOutbox = 64

// EventPolicy selects which changes of a job become events. The zero value
// selects none.
type EventPolicy struct {
	Enabled bool
	Samples bool // each sample is an event too; has no effect unless Enabled
}

// Append returns the state after with the events that the change from before
// caused in its outbox. x is the sample of the change, or nil. Its event is
// numbered before the others and returned separately: it is not kept in the
// outbox, because the next sample supersedes it. prospect is that of the state
// after; if it is nil, Append computes it.
func (p EventPolicy) Append(
	spec Spec, before, after State, x *sample.Sample, prospect *forecast.Prospect, at time.Time,
) (State, *Event) {
	if !p.Enabled {
		return after, nil
	}
	kinds := eventsBetween(before, after)
	if prospect == nil && (len(kinds) > 0 || x != nil && p.Samples) {
		prospect = after.Prospect(spec)
	}
	var sampled *Event
	if x != nil && p.Samples {
		after.Sequence++
		event := newEvent(spec, after, prospect, EventSample, at)
		sampled = &event
	}
	if len(kinds) == 0 {
		return after, sampled
	}
	after.Outbox = slices.Clone(after.Outbox)
	for _, kind := range kinds {
		after.Sequence++
		after.Outbox = append(after.Outbox, newEvent(spec, after, prospect, kind, at))
	}
	after.Outbox = bounded(after.Outbox)
	return after, sampled
}

// eventsBetween lists the events that a change of state causes. A job that has
// ended causes none: the store lists such a job only while it has undelivered
// events, so nobody would find later ones.
func eventsBetween(before, after State) []EventKind {
	if !before.Phase.Living() {
		return nil
	}
	var kinds []EventKind
	if before.Phase == PhasePending && after.WorkSeen && after.Phase != PhasePending && after.Phase != PhaseStopped {
		kinds = append(kinds, EventStarted)
	}
	if health := after.Health.Now(); health != before.Health.Now() {
		kinds = append(kinds, map[forecast.Status]EventKind{
			forecast.StatusOK: EventRecovered, forecast.StatusAtRisk: EventAtRisk, forecast.StatusStalled: EventStalled,
		}[health])
	}
	if after.Control != nil && after.Changes.Count != before.Changes.Count {
		kinds = append(kinds, EventScaled)
	}
	if after.Phase == before.Phase {
		return kinds
	}
	switch after.Phase {
	case PhaseFinished:
		kinds = append(kinds, EventFinished)
	case PhaseFailed:
		kinds = append(kinds, EventFailed)
	case PhaseStopped:
		kinds = append(kinds, EventStopped)
	case PhasePending, PhaseRunning:
	}
	return kinds
}

// bounded drops the oldest events above maxOutbox. Events about health and scale go
// first, those of the job's life last.
func bounded(outbox []Event) []Event {
	for len(outbox) > maxOutbox {
		oldest := slices.IndexFunc(outbox, func(e Event) bool {
			return e.Kind == EventAtRisk || e.Kind == EventStalled || e.Kind == EventRecovered || e.Kind == EventScaled
		})
		outbox = slices.Delete(outbox, max(oldest, 0), max(oldest, 0)+1)
	}
	return outbox
}

// Unacknowledged returns the outbox without the events that were acknowledged.
func Unacknowledged(outbox, acknowledged []Event) []Event {
	return slices.DeleteFunc(slices.Clone(outbox), func(e Event) bool {
		return slices.ContainsFunc(acknowledged, func(a Event) bool { return a.ID() == e.ID() })
	})
}

// InSequence returns the outbox with the event of a sample inserted by its
// sequence. sampled may be nil.
func InSequence(outbox []Event, sampled *Event) []Event {
	if sampled == nil {
		return outbox
	}
	at := slices.IndexFunc(outbox, func(e Event) bool { return e.Life == sampled.Life && e.Sequence > sampled.Sequence })
	if at < 0 {
		at = len(outbox)
	}
	return slices.Insert(slices.Clone(outbox), at, *sampled)
}
