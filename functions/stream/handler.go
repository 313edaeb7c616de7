// Package stream serves GET /monitoring/{id}/events, which follows a job with
// server-sent events. A stream ends before a proxy would cut it; the client
// reconnects and resumes.
package stream

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type follower interface {
	Follow(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error)
}

// Options are the limits of the streams. A zero field means its default.
type Options struct {
	// Length is how long a stream lasts, 20 s: less than a request may take.
	Length time.Duration
	// Retry is the reconnection time that clients are told, 500 ms.
	Retry time.Duration
	// The job is read every quarter of its period, within these bounds, 250 ms and
	// 1 s.
	MinPoll, MaxPoll time.Duration
	// Heartbeat is the longest time without a write, 2 s.
	Heartbeat time.Duration
	// Slots bounds the streams at once, with those of other functions; nil:
	// httpapi.DefaultStreams of them.
	Slots httpapi.Slots
	// Ending is closed to end every stream at once; nil: never.
	Ending <-chan struct{}
}

func (o Options) withDefaults() Options {
	limits := o.limits().WithDefaults()
	o.Length, o.Retry, o.Heartbeat = limits.Length, limits.Retry, limits.Heartbeat
	o.MinPoll, o.MaxPoll = cmp.Or(o.MinPoll, 250*time.Millisecond), cmp.Or(o.MaxPoll, time.Second)
	if o.Slots == nil {
		o.Slots = httpapi.NewSlots(httpapi.DefaultStreams)
	}
	return o
}

func (o Options) limits() httpapi.StreamOptions {
	return httpapi.StreamOptions{Length: o.Length, Retry: o.Retry, Heartbeat: o.Heartbeat, Ending: o.Ending}
}

// New returns the handler.
func New(service follower, o Options, log *slog.Logger) http.Handler {
	o = o.withDefaults()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		from, wrong := resumeFrom(r)
		if err := failure.JoinInvalid(err, wrong); err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		if !o.Slots.Take(w) {
			return
		}
		defer o.Slots.Give()
		news, err := service.Follow(r.Context(), id, from.seen)
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case err == nil && from.seen != nil && nothingMore(news, from):
			w.WriteHeader(http.StatusNoContent) // this status tells an EventSource to stop
		case err != nil && (from.seen == nil || !failure.IsRetryable(err)):
			httpapi.FailREST(r.Context(), w, log, err)
		default: // a client that resumes may wait for the store
			(&stream{Options: o, service: service, log: log, id: id, cursor: from}).serve(w, r, news, err)
		}
	})
}

// nothingMore reports whether a client already knows how an ended job ended.
func nothingMore(news monitor.News, known cursor) bool {
	return !news.Phase.Living() && news.Phase == known.phase && len(news.Samples) == 0
}
