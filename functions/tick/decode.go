package tick

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	maxBody    = 64 << 10 // bytes
	maxEventID = 128      // bytes of the id of a tick, which is stored
)

// Decode decodes a tick from a CloudEvent with the data {"app_id": "ID"}, and
// optionally "life", the life of the job that the schedule belongs to. The error is of kind invalid and names every wrong attribute.
func Decode(r *http.Request, body []byte) (monitor.Tick, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	event, err := cloudevents.NewEventFromHTTPRequest(r)
	if err != nil {
		return monitor.Tick{}, failure.InvalidField("event", "want a CloudEvent in binary or structured mode")
	}
	if err := event.Validate(); err != nil {
		return monitor.Tick{}, failure.InvalidField("event", "%s", failure.Clean(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")))
	}
	var wrong failure.Fields
	if event.Type() != monitor.TickEventType {
		wrong.Add("type", "want %s, got %.80q", monitor.TickEventType, event.Type())
	}
	if !isPingSource(event.Source()) {
		wrong.Add("source", "want a PingSource's, got %.80q", event.Source())
	}
	if len(event.ID()) > maxEventID {
		wrong.Add("id", "want at most %d bytes, got %d", maxEventID, len(event.ID()))
	} else if strange := func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }; strings.ContainsFunc(event.ID(), strange) {
		wrong.Add("id", "want characters that can be printed, got %q", event.ID())
	}
	var data struct {
		ID   string `json:"app_id"`
		Life int64  `json:"life"`
	}
	id := job.ID("")
	if err := json.Unmarshal(event.Data(), &data); err != nil {
		wrong.Add("data", `want {"app_id": "ID"}`)
	} else if id, err = job.ParseID(data.ID); err != nil {
		wrong.Add("data.app_id", "want an id, got %.80q", data.ID)
	}
	if data.Life < 0 {
		wrong.Add("data.life", "want Unix milliseconds, got %d", data.Life)
	}
	return monitor.Tick{ID: event.ID(), Job: id, Life: data.Life, Sent: event.Time()}, wrong.Err()
}
