// Package httpapi answers how the functions speak HTTP: JSON bodies, the shape
// of errors, and what a function framework leaves to its functions (limits,
// deadlines, panics, draining).
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"kubejobs/shared/core/failure"
)

// statusOf maps the kinds of errors. A conflict is 400, as the Asperathos
// Monitor answers a start for an id that it knows.
var statusOf = map[failure.Kind]int{
	failure.KindInvalid:     http.StatusBadRequest,
	failure.KindNotFound:    http.StatusBadRequest,
	failure.KindConflict:    http.StatusBadRequest,
	failure.KindUnavailable: http.StatusServiceUnavailable,
	failure.KindInternal:    http.StatusInternalServerError,
}

// Failure is the body of an error, in the Asperathos Monitor's shape.
type Failure struct {
	Code    int    `json:"error_code"`
	Message string `json:"error_message"`
	Name    string `json:"error_name"` // BAD_REQUEST for 400
}

// Respond writes body as JSON. A body that cannot be encoded is a programmer's
// mistake and panics.
func Respond(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the caller is gone
}

// Refuse writes an error with its status.
func Refuse(w http.ResponseWriter, status int, message string) {
	Respond(w, status, Failure{
		Code: status, Message: message,
		Name: strings.ReplaceAll(strings.ToUpper(http.StatusText(status)), " ", "_"),
	})
}

// Fail writes err with the status of its kind. The caller reads its public
// message; the log has the cause.
func Fail(ctx context.Context, w http.ResponseWriter, log *slog.Logger, err error) {
	status := statusOf[failure.KindOf(err)]
	message := "internal error"
	if typed, ok := errors.AsType[*failure.Error](err); ok && typed.Kind != failure.KindInternal {
		message = typed.Public()
	}
	if status >= http.StatusInternalServerError {
		log.ErrorContext(ctx, "request failed", "status", status, "error", err)
	}
	Refuse(w, status, message)
}

// ReadBody reads a whole request body; false if it could not and the answer is
// written: 413 for one over the limit.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := readAll(r)
	if err == nil {
		return body, true
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		Refuse(w, http.StatusRequestEntityTooLarge, "the body is too large")
	} else {
		Refuse(w, http.StatusBadRequest, "the body cannot be read")
	}
	return nil, false
}
