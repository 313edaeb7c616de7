// Package failure provides errors with a kind. The kind tells the caller what
// the error means for it: whether its request was wrong, or whether the same
// request can succeed later.
package failure

import (
	"errors"
	"strings"
)

// Kind says what an error means for the caller.
type Kind string

const (
	// KindInvalid is a mistake of the caller: the same request fails again.
	KindInvalid Kind = "invalid"
	// KindNotFound is a request for something that does not exist.
	KindNotFound Kind = "not found"
	// KindConflict is a request that contradicts an earlier one.
	KindConflict Kind = "conflict"
	// KindRefused is a refusal by another server: it answered, and repeating the
	// request does not help until somebody changes that server or its settings.
	KindRefused Kind = "refused"
	// KindLimit is a request beyond a limit: it may succeed once something has ended.
	KindLimit Kind = "limit"
	// KindUnauthenticated is a request of which nobody knows whose it is.
	KindUnauthenticated Kind = "unauthenticated"
	// KindForbidden is a request of somebody who may not make it.
	KindForbidden Kind = "forbidden"
	// KindUnavailable is a transient failure: the same request may succeed
	// later.
	KindUnavailable Kind = "unavailable"
	// KindInternal is any other failure.
	KindInternal Kind = "internal"
)

// Error is an error with a kind. Message and Fields are for the caller; Err is
// for the log.
type Error struct {
	Kind    Kind
	Message string
	Fields  []FieldError
	Err     error
}

// Error returns the message, every wrong field and the cause, unless Hide hides it.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Public()
	}
	if cause := e.Err.Error(); cause != "" {
		return e.Public() + ": " + cause
	}
	return e.Public()
}

// Public returns the part of the text that the caller may read: the message
// and the wrong fields, without the cause.
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalid returns an error that names every wrong field, or nil if there is
// none. The texts are clean: a problem may repeat what a caller wrote.
func Invalid(fields ...FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	shown := make([]FieldError, len(fields))
	for i, f := range fields {
		shown[i] = FieldError{Field: Clean(f.Field), Problem: Clean(f.Problem)}
	}
	return &Error{Kind: KindInvalid, Fields: shown}
}

// JoinInvalid returns one error of kind invalid that names every field of errs,
// which are nil or of that kind. It returns nil if all of them are nil.
func JoinInvalid(errs ...error) error {
	var fields []FieldError
	for _, err := range errs {
		if typed, ok := errors.AsType[*Error](err); ok {
			fields = append(fields, typed.Fields...)
		}
	}
	return Invalid(fields...)
}

// Unavailable wraps the cause of a transient failure.
func Unavailable(message string, err error) error {
	return &Error{Kind: KindUnavailable, Message: message, Err: err}
}

// Refused wraps the cause of a refusal by another server.
func Refused(message string, err error) error {
	return &Error{Kind: KindRefused, Message: message, Err: err}
}

// Classified returns the first Error in err's chain, or otherwise if there is
// none. Drivers use it to keep the kind of an error that another part of the
// program already classified, such as an address that is not allowed.
func Classified(err, otherwise error) error {
	if typed, ok := errors.AsType[*Error](err); ok {
		return typed
	}
	return otherwise
}

// KindOf returns the kind of the first Error in err's chain, or KindInternal if
// there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// IsRetryable reports whether the same call may succeed later.
func IsRetryable(err error) bool { return KindOf(err) == KindUnavailable }
