package monitor

import (
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// Notice tells publishers what a commit made.
type Notice struct {
	Spec  job.Spec
	State job.State // after the commit
	// Sample is the tick's; nil if the tick could not observe the job, or if
	// only events are sent again.
	Sample *sample.Sample
	// Prospect is that of the sample; nil without one, and for one that was overtaken.
	Prospect *forecast.Prospect
	// Lost is how many ticks this one showed to be lost; negative if a tick
	// arrived that had been counted as lost.
	Lost int64
	// Again means that the notice may have been broadcast before.
	Again bool
	// Events are the events to acknowledge, oldest first.
	Events []job.Event
	// Late, if set, is called for a delivery that ends after Broadcast returned, if
	// the publisher holds no other notice of the job. It may take some seconds.
	Late func(Delivery)
}

// Delivery is the result of a Notice at one publisher.
type Delivery struct {
	Publisher string
	Outcome   DeliveryOutcome
	// Acknowledged is how many of the notice's events the publisher took or
	// refused for good, counted from the oldest.
	Acknowledged int
	// Refused holds the error of each of them that was refused for good, without
	// those of samples.
	Refused []error
	// Late means that the delivery ended after Broadcast returned.
	Late bool
	// Err is why the notice was not delivered; nil if it was or still may be.
	// Its text holds no credentials.
	Err error
}

// DeliveryOutcome classifies a delivery.
type DeliveryOutcome string

const (
	// DeliveryDone means that the publisher took the notice.
	DeliveryDone DeliveryOutcome = "delivered"
	// DeliveryWaiting means that the notice is queued, or on its way.
	DeliveryWaiting DeliveryOutcome = "waiting"
	// DeliveryFailed means that the publisher refused the notice or did not take
	// it in time.
	DeliveryFailed DeliveryOutcome = "failed"
	// DeliverySkipped means that the notice was not sent because the ones before
	// it failed.
	DeliverySkipped DeliveryOutcome = "skipped"
	// DeliveryDropped means that the queue was full and the notice, or an older
	// one, was discarded.
	DeliveryDropped DeliveryOutcome = "dropped"
)

// PublisherState records whether a publisher that has failed before is failing
// now.
type PublisherState struct {
	Failing   bool   `json:"failing"`
	LastError string `json:"last_error"`
	At        int64  `json:"at"` // of the last recorded error, Unix milliseconds
}

// Circuit is the state of a publisher's destinations.
type Circuit struct {
	Publisher string
	Open      int // destinations whose circuit breaker is open
	Queued    int // notices that wait in memory or are being sent
}
