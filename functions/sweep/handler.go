// Package sweep answers the sweep's own tick: repair what failed half-way.
package sweep

import (
	"context"
	"log/slog"
	"net/http"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type sweeper interface {
	Sweep(ctx context.Context) (monitor.Swept, error)
}

// New is the handler. It takes whatever is POSTed: a PingSource's event, or
// somebody who does not want to wait for it. What it answers is what it did;
// 503 if it could not read everything.
func New(service sweeper, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		swept, err := service.Sweep(r.Context())
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		httpapi.Respond(w, http.StatusOK, swept)
	})
}
