package metronome

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"unicode"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// maxBeatID is the greatest length of the id of a beat, which is stored.
const maxBeatID = 128 // bytes

// decode decodes a beat from a PingSource's CloudEvent. The error is of kind invalid.
func decode(r *http.Request, body []byte) (monitor.Beat, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	event, err := cloudevents.NewEventFromHTTPRequest(r)
	if err != nil || event.Validate() != nil {
		return monitor.Beat{}, failure.InvalidField("event", "want a CloudEvent in binary or structured mode")
	}
	var wrong failure.Fields
	if event.Type() != monitor.TickEventType {
		wrong.Add("type", "want %s, got %.80q", monitor.TickEventType, event.Type())
	}
	strange := func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }
	if len(event.ID()) > maxBeatID || strings.ContainsFunc(event.ID(), strange) {
		wrong.Add("id", "want at most %d bytes that can be printed, got %.80q", maxBeatID, event.ID())
	}
	return monitor.Beat{ID: event.ID(), Sent: event.Time()}, wrong.Err()
}
