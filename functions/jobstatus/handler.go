// Package jobstatus serves the changes of Kubernetes Jobs, which a Knative
// ApiServerSource sends as CloudEvents. It stores the status of each Job, so that
// no tick has to ask Kubernetes for it.
package jobstatus

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/httpapi"
)

// Types of an ApiServerSource's CloudEvents in mode Resource, where the data is
// the object.
const (
	typePrefix = "dev.knative.apiserver.resource."
	typeDelete = typePrefix + "delete"
)

const (
	maxBody = 2 << 20 // bytes; Kubernetes keeps objects of up to 1.5 MiB
	// Of bodies over smallBody at most largeAtOnce are in memory at once. Others wait
	// for largeWait.
	smallBody   = 64 << 10
	largeAtOnce = 8
	largeWait   = time.Second
)

// Change is a change of a Job.
type Change struct {
	Namespace string
	ID        job.ID
	Status    job.KubeStatus
	Version   uint64 // rises with the Job's changes
}

// Parse decodes a Job. An error of kind invalid means that a Job of this name
// cannot be monitored.
type Parse func(text []byte) (Change, error)

type saver interface {
	SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error
}

// New returns the handler for the Jobs of a namespace. It acknowledges and ignores
// changes of other Jobs. After 503 the sender should retry.
func New(service saver, parse Parse, namespace string, log *slog.Logger) http.Handler {
	large := make(chan struct{}, largeAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 || r.ContentLength > smallBody {
			select {
			case large <- struct{}{}:
				defer func() { <-large }()
			case <-time.After(largeWait):
				httpapi.Refuse(w, http.StatusServiceUnavailable, "too many large events at once")
				return
			}
		}
		body, ok := httpapi.ReadBodyUpTo(w, r, maxBody)
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
			httpapi.Acknowledge(w, "ignored")
			return
		case err != nil:
			httpapi.Refuse(w, http.StatusBadRequest, "the data is not a Job")
			return
		}
		change.Status.Gone = event.Type() == typeDelete
		if err := service.SaveKubeStatus(r.Context(), change.ID, change.Status, change.Version); err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		httpapi.Acknowledge(w, "stored")
	})
}
