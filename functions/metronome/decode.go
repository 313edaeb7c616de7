package metronome

import (
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/pingevent"
)

// decode decodes a beat from a PingSource's CloudEvent. The error is of kind invalid.
func decode(r *http.Request, body []byte) (monitor.Beat, error) {
	event, err := pingevent.Read(r, body)
	if err != nil {
		return monitor.Beat{}, err
	}
	var wrong failure.Fields
	event.Check(monitor.TickEventType, &wrong)
	return monitor.Beat{ID: event.ID, Sent: event.Sent}, wrong.Err()
}
