// Package httpapi implements what all functions share of HTTP: JSON bodies, the
// format of errors, and what a function framework leaves to its functions (limits,
// deadlines, panics, draining).
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"kubejobs/shared/core/failure"
)

// statusOf maps kinds of errors to HTTP statuses. A conflict and an unknown id are
// 400, as the Asperathos Monitor answers.
var statusOf = map[failure.Kind]int{
	failure.KindInvalid:     http.StatusBadRequest,
	failure.KindNotFound:    http.StatusBadRequest,
	failure.KindConflict:    http.StatusBadRequest,
	failure.KindRefused:     http.StatusBadRequest,
	failure.KindLimit:       http.StatusTooManyRequests,
	failure.KindUnavailable: http.StatusServiceUnavailable,
	failure.KindInternal:    http.StatusInternalServerError,

	failure.KindUnauthenticated: http.StatusUnauthorized,
	failure.KindForbidden:       http.StatusForbidden,
}

// Failure is the body of an error, in the format of the Asperathos Monitor.
type Failure struct {
	Code    int    `json:"error_code"`
	Message string `json:"error_message"`
	Name    string `json:"error_name"` // BAD_REQUEST for 400
}

// Respond writes body as JSON. It panics if body cannot be encoded, which is a
// mistake of the programmer.
func Respond(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // an error means that the caller is gone
}

// OutcomeHeader is the header with the outcome of a CloudEvent that was taken.
const OutcomeHeader = "Kubejobs-Outcome"

// Acknowledge answers a CloudEvent that was taken. The body is empty: the Trigger of
// a Knative Broker takes any other body that is not an event as a failure, and sends
// the event again.
func Acknowledge(w http.ResponseWriter, outcome string) {
	w.Header().Set(OutcomeHeader, outcome)
	w.WriteHeader(http.StatusOK)
}

// IsEvent reports whether a request carries a CloudEvent, in binary or structured
// mode.
func IsEvent(r *http.Request) bool {
	return r.Header.Get("Ce-Specversion") != "" ||
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents")
}

// Refuse writes an error with a status.
func Refuse(w http.ResponseWriter, status int, message string) {
	Respond(w, status, Failure{
		Code: status, Message: message,
		Name: strings.ReplaceAll(strings.ToUpper(http.StatusText(status)), " ", "_"),
	})
}

// Fail writes err with the status of its kind. The caller reads the public
// message; the cause is in the log.
func Fail(ctx context.Context, w http.ResponseWriter, log *slog.Logger, err error) {
	fail(ctx, w, log, statusOf[failure.KindOf(err)], err)
}

// FailREST writes err as Fail does, but with 404 if the kind is not found. It is
// for calls that the Asperathos Monitor does not have.
func FailREST(ctx context.Context, w http.ResponseWriter, log *slog.Logger, err error) {
	status := statusOf[failure.KindOf(err)]
	if failure.KindOf(err) == failure.KindNotFound {
		status = http.StatusNotFound
	}
	fail(ctx, w, log, status, err)
}

func fail(ctx context.Context, w http.ResponseWriter, log *slog.Logger, status int, err error) {
	message := "internal error"
	if typed, ok := errors.AsType[*failure.Error](err); ok && typed.Kind != failure.KindInternal {
		message = typed.Public()
	}
	if status >= http.StatusInternalServerError || failure.KindOf(err) == failure.KindRefused {
		log.ErrorContext(ctx, "request failed", "status", status, "error", err)
	}
	Refuse(w, status, message)
}

// ReadBody reads a whole request body. If it cannot, it answers the request, 413
// for a body over the limit, and returns false.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := readAll(r)
	if err == nil {
		return body, true
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuseLarge(w, large.Limit)
	} else {
		Refuse(w, http.StatusBadRequest, "the body cannot be read")
	}
	return nil, false
}

// ReadBodyUpTo is ReadBody for a path with a smaller limit than all of its unit. Of a
// body that says that it is longer it reads nothing.
func ReadBodyUpTo(w http.ResponseWriter, r *http.Request, most int64) ([]byte, bool) {
	if r.ContentLength > most {
		refuseLarge(w, most)
		return nil, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return ReadBody(w, r)
}

func refuseLarge(w http.ResponseWriter, most int64) {
	Refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is too large: want at most %d bytes", most))
}

// readAll reads the body; nil if the request has none.
func readAll(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if r.ContentLength <= 0 || r.ContentLength > inOnePiece {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	n, err := io.ReadFull(r.Body, body)
	return body[:n], err
}

// inOnePiece is how many bytes a sender has to announce no more than, to be given the room
// for all of them before they come.
const inOnePiece = 4 << 10
