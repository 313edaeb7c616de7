// Package pingevent reads the CloudEvents of a Knative PingSource. It is the edge of every
// function that a PingSource calls.
package pingevent

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
)

// MaxID is the greatest length of an event's id, which is stored.
const MaxID = 128 // bytes

// Event is what a function needs of a CloudEvent.
type Event struct {
	ID, Type, Source string
	Sent             time.Time // zero if it does not say
	Data             []byte
}

// Read returns the CloudEvent that a request with a body is, in any mode. The error is of
// kind invalid.
func Read(r *http.Request, body []byte) (Event, error) {
	if event, ok := plain(r.Header, body); ok {
		return event, nil
	}
	return read(r, body)
}

// read reads an event in any mode.
func read(r *http.Request, body []byte) (Event, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	event, err := cloudevents.NewEventFromHTTPRequest(r)
	if err != nil {
		return Event{}, failure.InvalidField("event", "want a CloudEvent in binary or structured mode")
	}
	if err := event.Validate(); err != nil {
		return Event{}, failure.InvalidField("event", "%s", failure.Clean(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")))
	}
	return Event{event.ID(), event.Type(), event.Source(), event.Time(), event.Data()}, nil
}

// Check adds what is wrong with an event's id, and with its type unless that is kind.
func (e Event) Check(kind string, wrong *failure.Fields) {
	if e.Type != kind {
		wrong.Add("type", "want %s, got %.80q", kind, e.Type)
	}
	if len(e.ID) > MaxID {
		wrong.Add("id", "want at most %d bytes, got %d", MaxID, len(e.ID))
	} else if !isPlain(e.ID) && strings.ContainsFunc(e.ID, isStrange) {
		wrong.Add("id", "want characters that can be printed, got %q", e.ID)
	}
}

func isStrange(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }
