// Package publish answers how a job's samples and events get to the further
// places beside the Controller's list, each of which fails alone: a broadcast
// waits for none of them for long, each attempt has a deadline, and a place
// that goes on failing is left alone for a while.
package publish

import (
	"context"

	"kubejobs/shared/monitor"
)

// Publisher sends notices to one kind of place.
type Publisher interface {
	// Name is what logs, metrics and the job's status call it.
	Name() string
	// Target names the place that a notice goes to, without a credential; "" if
	// it goes nowhere. Places of different names fail alone.
	Target(n monitor.Notice) string
	// Publish sends one notice and tells how many of its events, from the
	// oldest on, were acknowledged. It returns when ctx ends, and may be called
	// again for the same notice. An error that may pass is of kind unavailable;
	// its text holds no credential.
	Publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error)
}
