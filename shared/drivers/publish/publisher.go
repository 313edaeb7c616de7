// Package publish delivers samples and events to publishers. The publishers are
// independent: a broadcast waits for none of them for long, each attempt has a
// deadline, and a circuit breaker pauses a destination that is unavailable. A
// destination that refuses a notice is not paused, and the notice does not wait.
package publish

import (
	"context"
	"errors"

	"kubejobs/shared/monitor"
)

// Publisher delivers notices to one kind of external system.
type Publisher interface {
	// Name returns the name for logs, metrics and the job's status.
	Name() string
	// Destination names the server that a notice is for, by host and port, with a
	// scheme or a path if other servers may have these; "" if the publisher does not
	// deliver it. It has no credentials. Destinations with different names fail
	// independently; all notices for one share a circuit, a queue and its errors.
	Destination(n monitor.Notice) string
	// Publish sends one notice and returns how many of its events the receiver
	// acknowledged, counted from the oldest. It returns when ctx ends, and may be
	// called again for the same notice. A transient error is of kind unavailable; it
	// is that of the destination, and shown for its other notices, unless it is an
	// Answer.
	// An event that is refused for good counts as acknowledged; the error is that
	// of Refused then. The text of an error holds no credentials. A notice from a
	// queue has only its Spec and Sample.
	Publish(ctx context.Context, n monitor.Notice) (acknowledged int, err error)
}

// Answer returns a transient error of one notice, other than of its destination: the
// server that others use too has answered. It opens no circuit.
func Answer(err error) error { return &answerError{err} }

type answerError struct{ err error }

func (e *answerError) Error() string { return e.err.Error() }

func (e *answerError) Unwrap() error { return e.err }

func isAnswer(err error) bool {
	_, ok := errors.AsType[*answerError](err)
	return ok
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
