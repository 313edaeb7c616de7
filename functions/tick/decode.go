package tick

import (
	"encoding/json"
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/pingevent"
)

const maxBody = 64 << 10 // bytes

// data is what a tick's event says.
type data struct {
	ID   string `json:"app_id"`
	Life int64  `json:"life"`
}

// Decode decodes a tick from a CloudEvent with the data {"app_id": "ID"}, and
// optionally "life", the life of the job that the schedule belongs to. The error is of kind invalid and names every wrong attribute.
func Decode(r *http.Request, body []byte) (monitor.Tick, error) {
	event, err := pingevent.Read(r, body)
	if err != nil {
		return monitor.Tick{}, err
	}
	var wrong failure.Fields
	event.Check(monitor.TickEventType, &wrong)
	if !pingevent.FromPingSource(event.Source) {
		wrong.Add("source", "want a PingSource's, got %.80q", event.Source)
	}
	id := job.ID("")
	said, err := decodeData(event.Data)
	if err != nil {
		wrong.Add("data", `want {"app_id": "ID"}`)
	} else if id, err = job.ParseID(said.ID); err != nil {
		wrong.Add("data.app_id", "want an id, got %.80q", said.ID)
	}
	if said.Life < 0 {
		wrong.Add("data.life", "want Unix milliseconds, got %d", said.Life)
	}
	return monitor.Tick{ID: event.ID, Job: id, Life: said.Life, Sent: event.Sent}, wrong.Err()
}

// decodeData reads data as schedules have it without encoding/json, which takes all others.
func decodeData(text []byte) (data, error) {
	if said, ok := plainData(text); ok {
		return said, nil
	}
	var said data
	err := json.Unmarshal(text, &said)
	return said, err
}
