package monitor

import (
	"encoding/json"
	"time"

	"kubejobs/shared/core/job"
)

// Request is what a caller asks for. Nil and zero fields were omitted; Start
// fills them in.
type Request struct {
	ID            job.ID
	Plugin        string
	Budget        time.Duration // expected time, > 0
	Items         int64         // number of jobs; 0: the number of items in the queue
	Submitted     time.Time     // zero: now
	Period        time.Duration // 0: the default
	QueueHost     string        // "": the Service redis-<id>
	QueuePort     int           // 0: 6379, or the port of the default queue
	QueueLists    job.Lists     // an empty name stands for the default
	QueueSecret   string        // name of the Secret with the queue's credentials; "": none
	QueueDatabase int           // number of the database in the queue's Redis
	Strategy      string        // "": default
	Heuristics    json.RawMessage
	Database      *job.Database // nil: the job names none
	Control       *job.Control  // nil: nothing scales the job; its zero fields were omitted
	Caller        string        // address of who asks, as it counts for the limit of a caller's jobs
	Fingerprint   string        // of the request as it came: equal requests have equal ones
}
