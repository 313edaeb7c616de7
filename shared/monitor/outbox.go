package monitor

import (
	"slices"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// maxOutbox bounds the events that wait for a receiver. A job's own life makes
// four; how it fares may make more, and the oldest of those give way.
const maxOutbox = 64

// happened is what kinds of event lie between two states of a job. What is done
// to one that has ended is none: the store lists an ended job only as long as it
// owes what happened before.
func happened(before, after State) []EventKind {
	if !before.Phase.Living() {
		return nil
	}
	var kinds []EventKind
	if before.Phase == PhasePending && after.Begun && after.Phase != PhasePending && after.Phase != PhaseStopped {
		kinds = append(kinds, EventStarted)
	}
	if now := after.Health.Now(); now != before.Health.Now() {
		kinds = append(kinds, map[forecast.Status]EventKind{
			forecast.StatusOK: EventRecovered, forecast.StatusAtRisk: EventAtRisk, forecast.StatusStalled: EventStalled,
		}[now])
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

// posted is after with the events that lie between it and before in its outbox.
// A sample's event is numbered first and returned; it is not kept, as the next
// sample says more. It is pure.
func (s *Service) posted(spec Spec, before, after State, x *sample.Sample, at time.Time) (State, *Event) {
	if !s.cfg.Events {
		return after, nil
	}
	var sampled *Event
	if x != nil && s.cfg.SampleEvents {
		after.Sequence++
		event := newEvent(spec, after, EventSample, at)
		sampled = &event
	}
	kinds := happened(before, after)
	if len(kinds) == 0 {
		return after, sampled
	}
	after.Outbox = slices.Clone(after.Outbox)
	for _, kind := range kinds {
		after.Sequence++
		after.Outbox = append(after.Outbox, newEvent(spec, after, kind, at))
	}
	after.Outbox = bounded(after.Outbox)
	return after, sampled
}

// bounded drops the oldest events over the bound, those of a job's life last.
func bounded(outbox []Event) []Event {
	for len(outbox) > maxOutbox {
		oldest := slices.IndexFunc(outbox, func(e Event) bool {
			return e.Kind == EventAtRisk || e.Kind == EventStalled || e.Kind == EventRecovered
		})
		outbox = slices.Delete(outbox, max(oldest, 0), max(oldest, 0)+1)
	}
	return outbox
}

// newEvent is pure.
func newEvent(spec Spec, state State, kind EventKind, at time.Time) Event {
	data := EventData{
		Job: spec.ID, Phase: state.Phase, Reason: state.Reason, Items: spec.Items,
		Submitted: spec.Submitted, Deadline: spec.Deadline(),
	}
	if last := state.Summary.Last; last != nil {
		data.Timestamp, data.Replicas = last.At, &last.Replicas
		data.Progress = &ProgressStatus{Job: last.Job, Time: last.Time, Error: last.Error}
		if f := forecast.Estimate(spec.Items, *state.Summary.First, *last); !f.Finish.IsZero() {
			data.Finish = &f.Finish
		}
	}
	if kind == EventFinished || kind == EventFailed {
		report := newReport(spec, state)
		data.Report = &report
	}
	return Event{
		Job: spec.ID, Life: spec.Accepted.UnixMilli(), Sequence: state.Sequence, Kind: kind, At: at.UTC(), Data: data,
	}
}

// without is an outbox without the events that were acknowledged.
func without(outbox, acknowledged []Event) []Event {
	return slices.DeleteFunc(slices.Clone(outbox), func(e Event) bool {
		return slices.ContainsFunc(acknowledged, func(a Event) bool { return a.ID() == e.ID() })
	})
}

// inOrder is the outbox with a sample's event in its place.
func inOrder(outbox []Event, sampled *Event) []Event {
	if sampled == nil {
		return outbox
	}
	at := slices.IndexFunc(outbox, func(e Event) bool { return e.Life == sampled.Life && e.Sequence > sampled.Sequence })
	if at < 0 {
		at = len(outbox)
	}
	return slices.Insert(slices.Clone(outbox), at, *sampled)
}
