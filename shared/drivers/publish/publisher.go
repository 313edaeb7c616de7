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
	// An event that is refused for good counts as acknowledged; the error is that
	// of Refused then. The text of an error holds no credentials. A notice from a
	// queue has only its Spec and Sample.
	Publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error)
}

// Refused returns err, or an error of the same kind and text that holds refused
// too: an error for each event that was refused for good. err may be one of them,
// or that of an event after them.
func Refused(refused []error, err error) error {
	if len(refused) == 0 {
		return err
	}
	return &refusals{refused, err}
}

// refusals is an error of a notice of which some events were refused for good.
type refusals struct {
	refused []error
	err     error
}

func (r *refusals) Error() string { return r.err.Error() }

func (r *refusals) Unwrap() error { return r.err }
