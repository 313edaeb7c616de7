// Package overview serves GET /overview, the jobs that a view selects, living and ended
// ones, and GET /overview/events, which follows views and jobs with one stream of
// server-sent events for a whole browser.
package overview

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type reader interface {
	Overview(ctx context.Context, v monitor.View) (monitor.Overview, error)
	Status(ctx context.Context, id job.ID) (monitor.Status, error)
	Follow(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error)
}

// Options are the limits of the streams. A zero field means its default.
type Options struct {
	Poll      time.Duration // between two readings of what is followed, 1 s
	Length    time.Duration // how long a stream lasts, 20 s: less than a request may take
	Retry     time.Duration // reconnection time that clients are told, 500 ms
	Heartbeat time.Duration // longest time without a write, 2 s
	// Slots bounds the streams at once, with those of other functions; nil:
	// httpapi.DefaultStreams of them.
	Slots  httpapi.Slots
	Ending <-chan struct{} // closed to end every stream at once; nil: never
}

// New returns the handler of /overview.
func New(service reader, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		view, err := parseView(r.URL.RawQuery)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		overview, err := service.Overview(r.Context(), view)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		httpapi.Respond(w, http.StatusOK, overview)
	})
}

// NewStream returns the handler of /overview/events.
func NewStream(service reader, o Options, log *slog.Logger) http.Handler {
	o.Poll = cmp.Or(o.Poll, time.Second)
	if o.Slots == nil {
		o.Slots = httpapi.NewSlots(httpapi.DefaultStreams)
	}
	limits := httpapi.StreamOptions{Length: o.Length, Retry: o.Retry, Heartbeat: o.Heartbeat, Ending: o.Ending}.WithDefaults()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subjects, err := parseSubjects(r.URL.RawQuery)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		if !o.Slots.Take(w) {
			return
		}
		defer o.Slots.Give()
		httpapi.ServeStream(w, r, limits, func(ctx context.Context, out *httpapi.EventStream) {
			(&stream{service: service, log: log, out: out, poll: o.Poll, subjects: subjects}).follow(ctx)
		})
	})
}

func parseView(raw string) (monitor.View, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return monitor.View{}, failure.InvalidField("query", "want name=value, joined by &")
	}
	return monitor.ParseView(values)
}
