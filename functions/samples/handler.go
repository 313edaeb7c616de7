// Package samples serves GET /monitoring/{id}/samples, the stored samples of a job.
package samples

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type reader interface {
	Samples(ctx context.Context, id job.ID, in monitor.SampleRange) (monitor.Samples, error)
}

// New returns the handler that chooses the format by the Accept header.
func New(service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		format, ok := accepted(r.Header.Values("Accept"))
		if !ok {
			httpapi.Refuse(w, http.StatusNotAcceptable, "Accept: there are "+mediaTypes())
			return
		}
		serve(w, r, service, format, log)
	})
}

// NewAs returns the handler that answers in one format: JSON, NDJSON or CSV.
func NewAs(format Format, service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, service, format, log)
	})
}

func serve(w http.ResponseWriter, r *http.Request, service reader, format Format, log *slog.Logger) {
	id, err := job.ParseID(r.PathValue("id"))
	asked, wrong := parseQuery(r.URL.RawQuery)
	if err := failure.JoinInvalid(err, wrong); err != nil {
		httpapi.Fail(r.Context(), w, log, err)
		return
	}
	part, err := service.Samples(r.Context(), id, asked.SampleRange)
	if err != nil {
		httpapi.FailREST(r.Context(), w, log, err)
		return
	}
	page := page{Job: id, Samples: part.Samples}
	if part.More {
		page.Next = next(id, format, asked, part.Samples[len(part.Samples)-1])
		w.Header().Set("Link", "<"+page.Next+`>; rel="next"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	format.write(w, page)
}

// next returns the path of the samples after last, in the same format.
func next(id job.ID, format Format, asked query, last monitor.TimedSample) string {
	values := url.Values{
		"since": {strconv.FormatInt(last.Timestamp+1, 10)}, "limit": {strconv.Itoa(asked.Limit)},
	}
	if asked.until != "" {
		values.Set("until", asked.until)
	}
	return "/monitoring/" + string(id) + "/samples." + format.suffix + "?" + values.Encode()
}
