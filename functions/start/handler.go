// Package start serves POST /monitoring/{id}, which starts the monitoring of a job.
package start

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type starter interface {
	Start(ctx context.Context, r monitor.Request) error
}

// New returns the handler. zone is the time zone of submission_time.
func New(service starter, zone *time.Location, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBody(w, r)
		if !ok {
			return
		}
		id, badID := job.ParseID(r.PathValue("id"))
		request, err := Decode(id, body, zone)
		err = failure.JoinInvalid(badID, err)
		if err == nil {
			err = service.Start(r.Context(), request)
		}
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		w.Header().Set("Location", "/monitoring/"+string(id))
		httpapi.Respond(w, http.StatusAccepted, struct{}{})
	})
}
