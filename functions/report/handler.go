// Package report answers GET /monitoring/{id}/report and …/report/detailed:
// what a job came to.
package report

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type reporter interface {
	Report(ctx context.Context, id job.ID) (job.Report, error)
	Detailed(ctx context.Context, id job.ID) (job.Detailed, error)
}

// New is the handler of the report.
func New(service reporter, log *slog.Logger) http.Handler { return serve(service.Report, log) }

// NewDetailed is the handler of the detailed report.
func NewDetailed(service reporter, log *slog.Logger) http.Handler {
	return serve(service.Detailed, log)
}

// serve answers 200 with a report and 400 where there will be none. The
// Manager polls until it reads one of the two and loops for ever on anything
// else but 202; so 202 is also the answer while the state cannot be read.
func serve[T any](get func(context.Context, job.ID) (T, error), log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		body, err := get(r.Context(), id)
		switch {
		case err == nil:
			httpapi.Respond(w, http.StatusOK, body)
		case errors.Is(err, monitor.ErrRunning):
			later(w, "Job is running yet!")
		case failure.IsRetryable(err):
			log.WarnContext(r.Context(), "report not readable now", "job", id, "error", err)
			later(w, "The report cannot be read just now, ask again!")
		default:
			httpapi.Fail(r.Context(), w, log, err)
		}
	})
}

func later(w http.ResponseWriter, message string) {
	httpapi.Respond(w, http.StatusAccepted, map[string]string{"message": message})
}
