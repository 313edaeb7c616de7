package monitor

import (
	"context"

	"kubejobs/shared/core/sample"
)

// Broadcaster tells the further places what a commit made: those beside the
// Controller's list. They fail alone: none delays or loses what another one or
// the list gets. Broadcast returns within about half a second; what is not
// delivered by then may be on its way yet.
type Broadcaster interface {
	Broadcast(ctx context.Context, n Notice) []Delivery
}

// Notice is what a commit made, for whoever wants to know.
type Notice struct {
	Spec  Spec
	State State // after the commit
	// Sample is the tick's; nil if it could not observe the job, or if only
	// events are to be sent again.
	Sample *sample.Sample
	// Lost is how many ticks this one showed to be lost; under 0 if one that
	// was held to be lost came.
	Lost int64
	// Again says that it may have been broadcast before.
	Again bool
	// Events are those that are to be acknowledged, oldest first.
	Events []Event
}

// Delivery is what became of a Notice at one publisher that wanted it.
type Delivery struct {
	Publisher string
	Outcome   DeliveryOutcome
	// Acknowledged is how many of the notice's events, from the oldest on, were
	// taken.
	Acknowledged int
	// Err is why it was not delivered, nil if it was or may be yet. Its text
	// holds no credential.
	Err error
}

// DeliveryOutcome is what became of a delivery.
type DeliveryOutcome string

const (
	// DeliveryDone is a notice that the publisher took.
	DeliveryDone DeliveryOutcome = "delivered"
	// DeliveryWaiting is a notice that is queued, or on its way.
	DeliveryWaiting DeliveryOutcome = "waiting"
	// DeliveryFailed is a notice that the publisher refused or did not take in
	// time.
	DeliveryFailed DeliveryOutcome = "failed"
	// DeliverySkipped is a notice that was not sent, since those before it
	// failed.
	DeliverySkipped DeliveryOutcome = "skipped"
	// DeliveryDropped is a notice that found the queue full, or an older one
	// that had to make room.
	DeliveryDropped DeliveryOutcome = "dropped"
)

// PublisherState is how a job's further publisher does, as far as it failed
// once.
type PublisherState struct {
	Failing   bool   `json:"failing"`
	LastError string `json:"last_error"`
	At        int64  `json:"at"` // of the last error that was noted, Unix milliseconds
}
