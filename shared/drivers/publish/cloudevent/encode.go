// Package cloudevent publishes job events as CloudEvents: it POSTs them to one
// receiver, such as a Knative Broker.
package cloudevent

import (
	"embed"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/job"
)

// TypePrefix is the start of each event's type; the kind is the end.
const TypePrefix = "dev.kubejobs.job."

// Schemas holds the JSON Schema of each kind's data, schemas/KIND.json, and the
// definitions that they share.
//
//go:embed schemas/*.json
var Schemas embed.FS

// Type returns the CloudEvent type of a kind.
func Type(kind job.EventKind) string { return TypePrefix + string(kind) }

// SchemaURI returns the $id of the schema of a kind's data.
func SchemaURI(kind job.EventKind) string {
	return "urn:kubejobs:schema:job:" + string(kind) + ":1"
}

// Kinds returns all kinds of events.
func Kinds() []job.EventKind {
	return []job.EventKind{
		job.EventSample, job.EventStarted, job.EventAtRisk, job.EventStalled,
		job.EventRecovered, job.EventScaled, job.EventFinished, job.EventFailed, job.EventStopped,
	}
}

// Encode returns the CloudEvent of an event of a job in a namespace. Its id is the
// same each time it is sent, so a receiver can recognise duplicates. Its subject
// is the job's id. The extension sequence orders the events of a job's life, and
// partitionkey keeps them together in a partitioned log.
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
