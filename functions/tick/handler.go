// Package tick serves ticks, the CloudEvents of a Knative PingSource: each takes
// one sample of a job.
package tick

import (
	"context"
	"log/slog"
	"net/http"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type ticker interface {
	Tick(ctx context.Context, tick monitor.Tick) (monitor.Outcome, error)
}

// Verify reports whether the source of a tick sends the request; nil for no such check.
type Verify func(r *http.Request, tick monitor.Tick) error

// New returns the handler. Its statuses are chosen for PingSource's adapter, which
// retries 503 and never 400 or 500: a tick that may succeed later is answered
// with 503, and a tick of a job that is unknown or has ended is acknowledged.
func New(service ticker, verify Verify, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBodyUpTo(w, r, maxBody)
		if !ok {
			return
		}
		tick, err := Decode(r, body)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		if verify != nil {
			if err := verify(r, tick); err != nil {
				httpapi.Fail(r.Context(), w, log, err)
				return
			}
		}
		outcome, err := service.Tick(r.Context(), tick)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		log.DebugContext(r.Context(), "tick", "job", tick.Job, "tick", tick.ID, "outcome", outcome)
		httpapi.Acknowledge(w, string(outcome))
	})
}
