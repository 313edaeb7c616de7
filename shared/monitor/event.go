package monitor

import (
	"fmt"
	"time"
)

// EventKind is what happened to a job.
type EventKind string

const (
	// EventSample is one sample.
	EventSample EventKind = "sample"
	// EventStarted is a job whose work was seen: it runs.
	EventStarted EventKind = "started"
	// EventAtRisk is a job that will miss its deadline, as it goes now.
	EventAtRisk EventKind = "at-risk"
	// EventStalled is a job that has stopped to advance.
	EventStalled EventKind = "stalled"
	// EventRecovered is a job that was at risk or stalled and is neither now.
	EventRecovered EventKind = "recovered"
	// EventFinished is a job that completed.
	EventFinished EventKind = "finished"
	// EventFailed is a job that failed.
	EventFailed EventKind = "failed"
	// EventStopped is a job whose monitoring was ended by a caller.
	EventStopped EventKind = "stopped"
)

// Event is what happened to a job, whole: it is understood without the job's
// state, which may be of a later life of the same id.
type Event struct {
	Job      JobID     `json:"job"`
	Life     int64     `json:"life"`     // when the job was accepted, Unix milliseconds
	Sequence int64     `json:"sequence"` // from 1 on, rising within a life
	Kind     EventKind `json:"kind"`
	At       time.Time `json:"at"`
	Data     EventData `json:"data"`
}

// ID is the same whenever the event is sent, and no other event's.
func (e Event) ID() string { return fmt.Sprintf("%s-%d-%d", e.Job, e.Life, e.Sequence) }

// EventData is what an event says of its job.
type EventData struct {
	Job       JobID      `json:"job_id"`
	Phase     Phase      `json:"phase"`
	Reason    string     `json:"reason,omitempty"`
	Items     int64      `json:"number_of_jobs"`
	Submitted time.Time  `json:"submission_time"`
	Deadline  time.Time  `json:"deadline"`
	Finish    *time.Time `json:"expected_finish,omitempty"` // absent while unknown

	// The last sample; absent before the first one.
	Timestamp int64           `json:"timestamp,omitempty"` // Unix milliseconds
	Progress  *ProgressStatus `json:"progress,omitempty"`
	Replicas  *int64          `json:"replicas,omitempty"`

	Report *Report `json:"report,omitempty"` // of a job that finished or failed
}
