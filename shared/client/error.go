package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// Kinds of an Error, for errors.Is.
var (
	// ErrInvalid is a mistake of the caller: the same call fails again.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound is a job that the server does not know, or one without a report.
	ErrNotFound = errors.New("not found")
	// ErrConflict is a call that contradicts an earlier one: the job is living, with
	// another request, or its record cannot be read.
	ErrConflict = errors.New("conflict")
	// ErrLimit is a start beyond a limit of jobs.
	ErrLimit = errors.New("limit")
	// ErrNotYet is a report that is not there yet: ask again.
	ErrNotYet = errors.New("not yet")
	// ErrUnavailable is a server that does not answer, or cannot now: the same call may
	// succeed later.
	ErrUnavailable = errors.New("unavailable")
	// ErrDenied is a call that the server, or a proxy before it, does not allow: 401 or
	// 403.
	ErrDenied = errors.New("denied")
	// ErrForeign is an answer that kubejobs does not give.
	ErrForeign = errors.New("not kubejobs")
	// ErrOld is a server that does not know the call yet.
	ErrOld = errors.New("an older server")
	// ErrInternal is any other failure of the server.
	ErrInternal = errors.New("internal")
)

// Error is what a call returns if it fails. Its text is one printable line.
type Error struct {
	Kind    error  // one of those above
	Status  int    // of the HTTP answer; 0 if there was none
	Message string // error_message of the answer, or what else is known
	Err     error  // the cause: an error of the monitor or of the network; may be nil
}

// Error returns the message, with the HTTP status if the server only answered that.
func (e *Error) Error() string { return e.Message }

// Is reports whether target is the kind of the error.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// known are the errors that the server tells by their text: it answers 400 for all of
// them where Asperathos does.
var known = map[string]struct{ kind, err error }{
	monitor.ErrUnknownJob.Message:   {ErrNotFound, monitor.ErrUnknownJob},
	monitor.ErrNoReport.Message:     {ErrNotFound, monitor.ErrNoReport},
	monitor.ErrOtherRequest.Message: {ErrConflict, monitor.ErrOtherRequest},
	monitor.ErrUnreadable.Message:   {ErrConflict, monitor.ErrUnreadable},
}

// refusal returns the error of an answer that is not a success.
func (c *Client) refusal(response *http.Response, body []byte) error {
	var told struct {
		Code    int    `json:"error_code"`
		Message string `json:"error_message"`
	}
	code := response.StatusCode
	status := failure.Clean(response.Status)
	ours := json.Unmarshal(body, &told) == nil && told.Code == code
	message := printable(told.Message)
	if is, ok := known[told.Message]; ours && ok {
		return &Error{Kind: is.kind, Status: code, Message: message, Err: is.err}
	}
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		text := c.Server() + " answers " + status
		if ours {
			text += ": " + message
		} else {
			text += ": it wants a token, or another one"
		}
		return &Error{Kind: ErrDenied, Status: code, Message: text}
	case ours && code == http.StatusNotFound: // a path before that of kubejobs, or another unit
		return c.foreign(code, fmt.Sprintf("answers %s: %s", status, failure.Clean(message)))
	case ours:
		return &Error{Kind: kindOf(code), Status: code, Message: status + ": " + message}
	case code >= 300 && code < 400:
		return c.foreign(code, fmt.Sprintf("answers %s and leads to %s", status, quoted(location(response))))
	case code == http.StatusBadGateway, code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return &Error{Kind: ErrUnavailable, Status: code, Message: status} // a router
	default:
		return c.foreign(code, fmt.Sprintf("answers %s (%s)", status, failure.Clean(response.Header.Get("Content-Type"))))
	}
}

// location returns where a redirect leads, without what may be a secret.
func location(response *http.Response) string {
	target, err := response.Location()
	if err != nil {
		return ""
	}
	target.RawQuery = ""
	return target.Redacted()
}

func kindOf(code int) error {
	switch code {
	case http.StatusTooManyRequests:
		return ErrLimit
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return ErrUnavailable
	}
	if code >= 500 {
		return ErrInternal
	}
	return ErrInvalid
}

// foreign returns the error of an answer that kubejobs does not give.
func (c *Client) foreign(status int, what string) *Error {
	return &Error{Kind: ErrForeign, Status: status, Message: "this is not kubejobs: " + c.Server() + " " + what}
}

// unanswered returns the error of a request without an answer: of kind ErrForeign if
// another protocol was spoken.
func (c *Client) unanswered(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the method and the URL
	}
	_, network := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, io.EOF):
		return c.foreign(0, "closes the connection without an answer")
	case network, errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: ErrUnavailable, Message: printable(err.Error()), Err: err}
	default:
		return c.foreign(0, "gives no answer that can be read: "+failure.Clean(err.Error()))
	}
}

// printable returns a text in which a space is in the place of what a terminal would not
// show as it is.
func printable(text string) string { return failure.Shorten(text, maxMessage) }

// maxMessage bounds what is kept of a message, in characters: it may name many fields.
const maxMessage = 4000

// isStatus returns an Error that reports an HTTP status.
func isStatus(err error, status int) (*Error, bool) {
	failed, ok := errors.AsType[*Error](err)
	return failed, ok && failed.Status == status
}
