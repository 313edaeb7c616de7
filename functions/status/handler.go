// Package status serves GET /monitoring, the list of monitored jobs, and GET
// /monitoring/{id}, the status of one job.
package status

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
	Status(ctx context.Context, id job.ID) (monitor.Status, error)
	List(ctx context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error)
}

// Page is a page of the list.
type Page = monitor.StatusPage

// New returns the handler of one job.
func New(service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		status, err := service.Status(r.Context(), id)
		if err != nil {
			httpapi.FailREST(r.Context(), w, log, err)
			return
		}
		httpapi.Respond(w, http.StatusOK, status)
	})
}

// NewList returns the handler of the list: ?limit=1..100&after=ID.
func NewList(service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after, limit, err := query(r.URL.RawQuery)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		jobs, next, err := service.List(r.Context(), after, limit)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		page := Page{Jobs: jobs}
		if next != "" {
			page.Next = "/monitoring?" + url.Values{
				"after": {string(next)}, "limit": {strconv.Itoa(limit)},
			}.Encode()
		}
		httpapi.Respond(w, http.StatusOK, page)
	})
}

// maxLimit is the size of the largest page.
const maxLimit = 100

// query reads the parameters of the list.
func query(raw string) (after job.ID, limit int, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", 0, failure.InvalidField("query", "want name=value, joined by &")
	}
	wrong := httpapi.UnknownParameters(values, "after", "limit")
	if text := values.Get("after"); text != "" {
		if after, err = job.ParseID(text); err != nil {
			wrong.Add("after", "want an id")
		}
	}
	limit = httpapi.Limit(values, maxLimit, maxLimit, &wrong)
	return after, limit, wrong.Err()
}
