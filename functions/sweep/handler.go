// Package sweep serves the call that retries interrupted operations and ends jobs
// that are over.
package sweep

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type sweeper interface {
	Sweep(ctx context.Context) (monitor.Swept, error)
}

// New returns the handler. It ignores the body: the caller is a PingSource, or
// somebody who does not want to wait for it. The answer says what the sweep did,
// except to a CloudEvent, which gets an empty one. It is 503 if the sweep could not
// read everything, or the server ends.
func New(service sweeper, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		swept, err := service.Sweep(r.Context())
		if err != nil {
			if ending, ok := errors.AsType[*failure.Error](context.Cause(r.Context())); ok {
				err = ending
			}
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		if httpapi.IsEvent(r) {
			httpapi.Acknowledge(w, "swept")
			return
		}
		httpapi.Respond(w, http.StatusOK, swept)
	})
}
