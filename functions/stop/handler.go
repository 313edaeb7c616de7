// Package stop serves PUT /monitoring/{id}/stop, which ends the monitoring of a
// job.
package stop

import (
	"context"
	"log/slog"
	"net/http"

	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/httpapi"
)

type stopper interface {
	Stop(ctx context.Context, id job.ID) error
}

// New returns the handler.
func New(service stopper, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		if err == nil {
			err = service.Stop(r.Context(), id)
		}
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		w.Header().Set("Content-Type", "application/json") // as the original answers, although there is no body
		w.WriteHeader(http.StatusNoContent)
	})
}
