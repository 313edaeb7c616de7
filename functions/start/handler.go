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
	Start(ctx context.Context, r monitor.Request) (monitor.Started, error)
}

// Options are the settings of the handler.
type Options struct {
	Plugins []string       // values of plugin
	Zone    *time.Location // of submission_time
	Proxies int            // number of trusted proxies, see httpapi.Caller
	Now     func() time.Time
}

// New returns the handler. It answers 202 with an Answer.
func New(service starter, o Options, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBodyUpTo(w, r, maxBody)
		if !ok {
			return
		}
		now := o.Now()
		id, badID := job.ParseID(r.PathValue("id"))
		request, warnings, err := Decode(id, body, Rules{Plugins: o.Plugins, Zone: o.Zone, Now: now})
		err = failure.JoinInvalid(badID, err)
		request.Caller = httpapi.Caller(r, o.Proxies)
		var started monitor.Started
		if err == nil {
			started, err = service.Start(r.Context(), request)
		}
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		warnings = append(warnings, unknownParameters(r.URL.Query())...)
		w.Header().Set("Location", "/monitoring/"+string(id))
		httpapi.Respond(w, http.StatusAccepted, newAnswer(started, request.Period, now, warnings))
	})
}
