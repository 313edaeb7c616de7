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
	event, ok := plain(r, body)
	if !ok {
		var err error
		if event, err = decodeEvent(r, body); err != nil {
			return monitor.Tick{}, err
		}
	}
	return event.tick()
}

// decodeEvent reads the attributes of a CloudEvent in any mode.
func decodeEvent(r *http.Request, body []byte) (attributes, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	event, err := cloudevents.NewEventFromHTTPRequest(r)
	if err != nil {
		return attributes{}, failure.InvalidField("event", "want a CloudEvent in binary or structured mode")
	}
	if err := event.Validate(); err != nil {
		return attributes{}, failure.InvalidField("event", "%s", failure.Clean(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")))
	}
	return attributes{event.ID(), event.Type(), event.Source(), event.Time(), event.Data()}, nil
}

// tick returns the tick that an event is.
func (a attributes) tick() (monitor.Tick, error) {
	var wrong failure.Fields
	if a.kind != monitor.TickEventType {
		wrong.Add("type", "want %s, got %.80q", monitor.TickEventType, a.kind)
	}
	if !isPingSource(a.source) {
		wrong.Add("source", "want a PingSource's, got %.80q", a.source)
	}
	if len(a.id) > maxEventID {
		wrong.Add("id", "want at most %d bytes, got %d", maxEventID, len(a.id))
	} else if strange := func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }; strings.ContainsFunc(a.id, strange) {
		wrong.Add("id", "want characters that can be printed, got %q", a.id)
	}
	var data struct {
		ID   string `json:"app_id"`
		Life int64  `json:"life"`
	}
	id := job.ID("")
	if err := json.Unmarshal(a.data, &data); err != nil {
		wrong.Add("data", `want {"app_id": "ID"}`)
	} else if id, err = job.ParseID(data.ID); err != nil {
		wrong.Add("data.app_id", "want an id, got %.80q", data.ID)
	}
	if data.Life < 0 {
		wrong.Add("data.life", "want Unix milliseconds, got %d", data.Life)
	}
	return monitor.Tick{ID: a.id, Job: id, Life: data.Life, Sent: a.sent}, wrong.Err()
}
