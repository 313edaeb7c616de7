// Package forecast serves GET /monitoring/{id}/forecast: when a job will be done, and
// with which probability in time, also with other replicas or another deadline.
package forecast

import (
	"context"
	"log/slog"
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type forecaster interface {
	Forecast(ctx context.Context, id job.ID, assumed monitor.WhatIf) (monitor.Prospect, error)
}

// New returns the handler.
func New(service forecaster, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		assumed, wrong := parseQuery(r.URL.RawQuery)
		if err := failure.JoinInvalid(err, wrong); err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		prospect, err := service.Forecast(r.Context(), id, assumed)
		if err != nil {
			httpapi.FailREST(r.Context(), w, log, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		httpapi.Respond(w, http.StatusOK, prospect)
	})
}
