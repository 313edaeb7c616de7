// Package publish delivers samples and events to publishers. The publishers are
// independent: a broadcast waits for none of them for long, each attempt has a
// deadline, and a circuit breaker pauses a destination that is unavailable. A
// destination that refuses a notice is not paused, and the notice does not wait.
package publish

import (
	"context"

	"kubejobs/shared/monitor"
)

// Publisher delivers notices to one kind of external system.
type Publisher interface {
	// Name returns the name for logs, metrics and the job's status.
	Name() string
	// Destination names the destination of a notice, without credentials; "" if the
	// publisher does not deliver it. Destinations with different names fail
	// independently.
	Destination(n monitor.Notice) string
	// Publish sends one notice and returns how many of its events the receiver
	// acknowledged, counted from the oldest. It returns when ctx ends, and may be
	// called again for the same notice. A transient error is of kind unavailable.
	// The text of an error holds no credentials. A notice from a queue has only
	// its Spec and Sample.
	Publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error)
}
