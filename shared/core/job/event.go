package job

import (
	"fmt"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/progress"
)

// EventKind says what happened to a job.
type EventKind string

const (
	// EventSample is one sample.
	EventSample EventKind = "sample"
	// EventStarted is a job whose work was seen: it is running.
	EventStarted EventKind = "started"
	// EventAtRisk is a job that will miss its deadline at its current rate.
	EventAtRisk EventKind = "at-risk"
	// EventStalled is a job that has stopped advancing.
	EventStalled EventKind = "stalled"
	// EventRecovered is a job that was at risk or stalled and no longer is.
	EventRecovered EventKind = "recovered"
	// EventScaled is a job for which another number of replicas was decided.
	EventScaled EventKind = "scaled"
	// EventFinished is a job that completed.
	EventFinished EventKind = "finished"
	// EventFailed is a job that failed.
	EventFailed EventKind = "failed"
	// EventStopped is a job whose monitoring a caller stopped.
	EventStopped EventKind = "stopped"
)

// Event is something that happened to a job. It is complete: a reader does not
// need the job's state, which may belong to a later life of the same ID.
type Event struct {
	Job      ID        `json:"job"`
	Life     int64     `json:"life"`     // see Spec.Life
	Sequence int64     `json:"sequence"` // from 1 on, rising within a life
	Kind     EventKind `json:"kind"`
	At       time.Time `json:"at"`
	Data     EventData `json:"data"`
}

// ID returns an identifier that is unique to the event and the same each time
// the event is sent.
func (e Event) ID() string { return fmt.Sprintf("%s-%d-%d", e.Job, e.Life, e.Sequence) }

// EventData describes the job at the time of the event.
type EventData struct {
	Job       ID         `json:"job_id"`
	Phase     Phase      `json:"phase"`
	Reason    string     `json:"reason,omitempty"`
	Items     int64      `json:"number_of_jobs"`
	Submitted time.Time  `json:"submission_time"`
	Deadline  time.Time  `json:"deadline"`
	Finish    *time.Time `json:"expected_finish,omitempty"` // absent while unknown

	// The last sample; absent before the first one.
	Timestamp int64              `json:"timestamp,omitempty"` // Unix milliseconds
	Progress  *progress.Progress `json:"progress,omitempty"`
	Replicas  *int64             `json:"replicas,omitempty"`
	Forecast  *Forecast          `json:"forecast,omitempty"`

	Scale *ScaleChange `json:"scale,omitempty"` // of EventScaled

	*Verdict         // of a job that finished or failed
	Report   *Report `json:"report,omitempty"` // of a job that finished or failed
}

// newEvent returns an event after a change. prospect is that of the last sample; nil
// before the first one.
func newEvent(spec Spec, state State, prospect *forecast.Prospect, kind EventKind, at time.Time) Event {
	data := EventData{
		Job: spec.ID, Phase: state.Phase, Reason: state.Reason, Items: spec.Items,
		Submitted: spec.Submitted, Deadline: spec.Deadline(),
	}
	if last := state.Summary.Last; last != nil {
		data.Timestamp, data.Replicas = last.At, &last.Replicas
		data.Progress = &progress.Progress{Job: last.Job, Time: last.Time, Error: last.Error}
	}
	if data.Forecast = NewForecast(state, outlookOf(prospect), at); data.Forecast != nil {
		data.Finish = data.Forecast.P50
	}
	if last := len(state.Changes.Last) - 1; kind == EventScaled && last >= 0 {
		data.Scale = &state.Changes.Last[last]
	}
	if kind == EventFinished || kind == EventFailed {
		report := NewReport(spec, state)
		data.Report, data.Verdict = &report, NewVerdict(spec, state)
	}
	return Event{Job: spec.ID, Life: spec.Life(), Sequence: state.Sequence, Kind: kind, At: at.UTC(), Data: data}
}
