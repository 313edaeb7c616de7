// Package cloudevent answers how whoever wants to know hears of what happens to a
// job: by CloudEvents that are POSTed to one receiver, a Knative Broker say.
package cloudevent

import (
	"embed"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/job"
)

// TypePrefix begins the type of each event; the kind ends it.
const TypePrefix = "dev.kubejobs.job."

// Schemas holds the JSON Schema of each kind's data, as KIND.json below
// schemas, and what they share.
//
//go:embed schemas/*.json
var Schemas embed.FS

// Type is the type of a kind of event.
func Type(kind job.EventKind) string { return TypePrefix + string(kind) }

// SchemaURI names the schema of a kind's data; it is its $id.
func SchemaURI(kind job.EventKind) string {
	return "urn:kubejobs:schema:job:" + string(kind) + ":1"
}

// Kinds are those that there are.
func Kinds() []job.EventKind {
	return []job.EventKind{
		job.EventSample, job.EventStarted, job.EventAtRisk, job.EventStalled,
		job.EventRecovered, job.EventFinished, job.EventFailed, job.EventStopped,
	}
}

// Encode is the CloudEvent of an event of a job in a namespace. Its id is the
// same whenever it is sent: whoever gets it twice can tell. Its subject is the
// job's id; the extension sequence orders the events of a job's life, and
// partitionkey keeps them together in what is partitioned.
func Encode(namespace string, e job.Event, extensions map[string]string) (cloudevents.Event, error) {
	ce := cloudevents.NewEvent()
	ce.SetID(e.ID())
	ce.SetType(Type(e.Kind))
	ce.SetSource("/kubejobs/namespaces/" + namespace + "/jobs/" + string(e.Job))
	ce.SetSubject(string(e.Job))
	ce.SetTime(e.At)
	ce.SetDataSchema(SchemaURI(e.Kind))
	ce.SetExtension("sequence", fmt.Sprintf("%020d", e.Sequence)) // orders as text
	ce.SetExtension("partitionkey", string(e.Job))
	for name, value := range extensions {
		ce.SetExtension(name, value)
	}
	if err := ce.SetData(cloudevents.ApplicationJSON, e.Data); err != nil {
		return ce, fmt.Errorf("encode event %s: %w", e.ID(), err)
	}
	if err := ce.Validate(); err != nil {
		return ce, fmt.Errorf("encode event %s: %w", e.ID(), err)
	}
	return ce, nil
}
