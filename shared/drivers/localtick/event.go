package localtick

import (
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Namespace is the namespace in the source of local ticks.
const Namespace = "default"

// Event returns the event of one tick of a life, as Knative's PingSource sends it.
// Life 0 is left out. It is pure.
func Event(id job.ID, life int64, eventID string, sent time.Time) cloudevents.Event {
	event := cloudevents.NewEvent(cloudevents.VersionV1)
	event.SetID(eventID)
	event.SetType(monitor.TickEventType)
	event.SetSource(fmt.Sprintf("/apis/v1/namespaces/%s/pingsources/%s", Namespace, id))
	event.SetTime(sent)
	event.SetDataContentType(cloudevents.ApplicationJSON)
	event.DataEncoded = fmt.Appendf(nil, `{"app_id":"%s"}`, id) // a DNS label needs no escaping
	if life != 0 {
		event.DataEncoded = fmt.Appendf(nil, `{"app_id":"%s","life":%d}`, id, life)
	}
	return event
}
