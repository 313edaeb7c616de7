// Package jobstatus answers a change of a Kubernetes Job, a CloudEvent of a Knative
// ApiServerSource: keep the Job's status, so that no tick asks for it.
package jobstatus

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/httpapi"
)

// Types of an ApiServerSource's events in mode Resource: the data is the
// object.
const (
	typePrefix = "dev.knative.apiserver.resource."
	typeDelete = typePrefix + "delete"
)

// Change is what an event says of a Job.
type Change struct {
	Namespace string
	ID        job.ID
	Status    job.KubeStatus
	Version   uint64 // rises with the Job's changes
}

// Parse reads a Job's JSON. An error of kind invalid is a Job that cannot be
// monitored, for its name.
type Parse func(text []byte) (Change, error)

type keeper interface {
	SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error
}

// New is the handler for the Jobs of a namespace. Events of other Jobs are
// acknowledged and passed over; 503 is to be sent again.
func New(service keeper, parse Parse, namespace string, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBody(w, r)
		if !ok {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		event, err := cloudevents.NewEventFromHTTPRequest(r)
		if err != nil || event.Validate() != nil || !strings.HasPrefix(event.Type(), typePrefix) {
			httpapi.Refuse(w, http.StatusBadRequest, "want a CloudEvent of type "+typePrefix+"*")
			return
		}
		change, err := parse(event.Data())
		switch {
		case failure.KindOf(err) == failure.KindInvalid, err == nil && change.Namespace != namespace:
			httpapi.Respond(w, http.StatusOK, map[string]string{"outcome": "passed over"})
			return
		case err != nil:
			httpapi.Refuse(w, http.StatusBadRequest, "the data is no Job")
			return
		}
		change.Status.Gone = event.Type() == typeDelete
		if err := service.SaveKubeStatus(r.Context(), change.ID, change.Status, change.Version); err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		httpapi.Respond(w, http.StatusOK, map[string]string{"outcome": "kept"})
	})
}
