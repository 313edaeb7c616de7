// Package samples answers GET /monitoring/{id}/samples: which samples of a job
// are kept, for whoever draws or computes something.
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

// New is the handler that answers as the request's Accept asks.
func New(service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		format, ok := accepted(r.Header.Values("Accept"))
		if !ok {
			httpapi.Refuse(w, http.StatusNotAcceptable, "Accept: there are "+mediaTypes())
			return
		}
		serve(w, r, service, format, log)
	})
}

// NewAs is the handler that answers in one format: JSON, NDJSON or CSV.
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
	switch {
	case err == nil:
	case failure.KindOf(err) == failure.KindNotFound: // no call of the original: say it as HTTP does
		httpapi.Refuse(w, http.StatusNotFound, monitor.ErrUnknownJob.Public())
		return
	default:
		httpapi.Fail(r.Context(), w, log, err)
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

// next is where the samples after last are, in the same format.
func next(id job.ID, format Format, asked query, last monitor.TimedSample) string {
	values := url.Values{
		"since": {strconv.FormatInt(last.Timestamp+1, 10)}, "limit": {strconv.Itoa(asked.Limit)},
	}
	if asked.until != "" {
		values.Set("until", asked.until)
	}
	return "/monitoring/" + string(id) + "/samples." + format.suffix + "?" + values.Encode()
}
