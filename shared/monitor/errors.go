package monitor

import (
	"errors"

	"kubejobs/shared/core/failure"
)

var (
	// ErrUnknownJob is returned for an id without state.
	ErrUnknownJob = &failure.Error{Kind: failure.KindNotFound, Message: "no such job"}
	// ErrOtherRequest is returned by Start for a living id that was started with
	// a different request.
	ErrOtherRequest = &failure.Error{
		Kind: failure.KindConflict, Message: "the job is already monitored, with a different request; stop it first",
	}
	// ErrNoReport is returned for the report of a stopped job.
	ErrNoReport = &failure.Error{Kind: failure.KindNotFound, Message: "the job was stopped: it has no report"}
	// ErrUnreadable is returned for a job whose record cannot be decoded. Stopping
	// the job discards the record.
	ErrUnreadable = &failure.Error{
		Kind: failure.KindConflict, Message: "the stored record of the job cannot be read; stop the job to discard it",
	}
	// ErrNotYours is returned by Start for an id that the caller may not use.
	ErrNotYours = &failure.Error{Kind: failure.KindForbidden, Message: "the token does not allow jobs of this id"}
	// ErrRunning is returned for the report of a job that has not ended.
	ErrRunning = errors.New("the job is still running")
)
