package monitor

import "time"

// Tick is one delivered event: its id is the same over a sender's retries and
// new for every tick.
type Tick struct {
	ID   string
	Job  JobID
	Sent time.Time // as the sender says; zero if it does not
}

// Outcome is what became of a tick.
type Outcome string

const (
	// OutcomeSampled is a tick whose sample was published and committed.
	OutcomeSampled Outcome = "sampled"
	// OutcomeFailed is a tick that could not observe the job; it was counted.
	OutcomeFailed Outcome = "failed"
	// OutcomeDuplicate is a tick that had been committed before.
	OutcomeDuplicate Outcome = "duplicate"
	// OutcomeSurplus is a tick too close to another one.
	OutcomeSurplus Outcome = "surplus"
	// OutcomeEnded is a tick of a job that has ended.
	OutcomeEnded Outcome = "ended"
	// OutcomeUnknown is a tick of a job that nothing is known of.
	OutcomeUnknown Outcome = "unknown"
)

// Observation is the raw facts of one tick.
type Observation struct {
	At    time.Time
	Queue QueueCount
	Job   *JobStatus // nil without Kubernetes: the queue tells all
}

// QueueCount is the lengths of a job's lists, read atomically.
type QueueCount struct {
	Queued   int64 // items that wait
	InFlight int64 // items that a worker holds
	Results  int64 // items done, as far as the workers say so
}

// JobStatus is what Kubernetes says of the Job.
type JobStatus struct {
	Active    int64  `json:"active,omitempty"`  // pods that run
	Started   bool   `json:"started,omitempty"` // a pod has run
	Suspended bool   `json:"suspended,omitempty"`
	Complete  bool   `json:"complete,omitempty"`
	Failed    bool   `json:"failed,omitempty"`
	Reason    string `json:"reason,omitempty"` // of a failure
	Gone      bool   `json:"gone,omitempty"`   // it was deleted
}
