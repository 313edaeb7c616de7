// Package report serves GET /monitoring/{id}/report and …/report/detailed, the
// final figures of a job.
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

// New returns the handler of the report.
func New(service reporter, log *slog.Logger) http.Handler { return serve(service.Report, log) }

// NewDetailed returns the handler of the detailed report.
func NewDetailed(service reporter, log *slog.Logger) http.Handler {
	return serve(service.Detailed, log)
}

// serve answers 200 with a report, 400 if there will be none, and 202 otherwise.
// The Manager polls until the answer is 200 or 400, and loops for ever on any
// other status than 202. So the answer is also 202 while the state cannot be read.
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
			askAgain(w, "Job is running yet!")
		case failure.IsRetryable(err):
			log.WarnContext(r.Context(), "reading the report failed", "job", id, "error", err)
			askAgain(w, "The report cannot be read just now, ask again!")
		default:
			httpapi.Fail(r.Context(), w, log, err)
		}
	})
}

// askAgain answers 202: the Manager polls again.
func askAgain(w http.ResponseWriter, message string) {
	httpapi.Respond(w, http.StatusAccepted, map[string]string{"message": message})
}
