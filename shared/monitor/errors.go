package monitor

import (
	"errors"
	"strings"
)

// Kind is what an error means to the caller.
type Kind string

const (
	// KindInvalid is the caller's mistake: the same request will fail again.
	KindInvalid Kind = "invalid"
	// KindNotFound is an id that nothing is known of.
	KindNotFound Kind = "not found"
	// KindConflict is a request that contradicts an earlier one.
	KindConflict Kind = "conflict"
	// KindUnavailable passes: the same request may succeed later.
	KindUnavailable Kind = "unavailable"
	// KindInternal is everything else.
	KindInternal Kind = "internal"
)

var (
	// ErrUnknownJob is returned for an id without state.
	ErrUnknownJob = &Error{Kind: KindNotFound, Message: "no such job"}
	// ErrOtherRequest is returned by start for a living id whose request was
	// another one.
	ErrOtherRequest = &Error{Kind: KindConflict, Message: "the job is monitored already, with another request; stop it first"}
	// ErrNoReport is returned for the report of a stopped job.
	ErrNoReport = &Error{Kind: KindNotFound, Message: "the job was stopped: it has no report"}
	// ErrRunning is returned for the report of a job that has not ended.
	ErrRunning = errors.New("the job is running yet")
)

// FieldError is what is wrong with one field of a request.
type FieldError struct{ Field, Problem string }

// Error is an error with a kind. Message and Fields are for the caller; Err is
// for the log.
type Error struct {
	Kind    Kind
	Message string
	Fields  []FieldError
	Err     error
}

// Error gives the message, every wrong field and the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Public() + ": " + e.Err.Error()
	}
	return e.Public()
}

// Public is what the caller may read: no cause.
func (e *Error) Public() string {
	parts := make([]string, 0, len(e.Fields)+1)
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Problem)
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalid is an error that names every wrong field; nil if there is none.
func Invalid(fields ...FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Fields: fields}
}

// JoinInvalid is one error of kind invalid that names every field that the
// errors, which are all of that kind or nil, name; nil if they are all nil.
func JoinInvalid(errs ...error) error {
	var fields []FieldError
	for _, err := range errs {
		if typed, ok := errors.AsType[*Error](err); ok {
			fields = append(fields, typed.Fields...)
		}
	}
	return Invalid(fields...)
}

// Unavailable wraps the cause of a failure that may pass.
func Unavailable(message string, err error) error {
	return &Error{Kind: KindUnavailable, Message: message, Err: err}
}

// KindOf is the kind of the first Error in err's chain, else KindInternal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// IsRetryable tells whether the same call may succeed later.
func IsRetryable(err error) bool { return KindOf(err) == KindUnavailable }
