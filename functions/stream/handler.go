// Package stream answers GET /monitoring/{id}/events: what a job does now, as
// server-sent events. A stream ends before anything between it and its client
// would cut it; the client connects again and goes on where it was.
package stream

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

type follower interface {
	Follow(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error)
}

// Options are what the streams keep to. Zero fields have defaults.
type Options struct {
	// Length is how long a stream lasts: shorter than what a request may take.
	Length time.Duration
	// Retry is when a client whose stream ended connects again.
	Retry time.Duration
	// Poll is how often a job is looked at, within these bounds a quarter of its
	// period.
	MinPoll, MaxPoll time.Duration
	// Heartbeat is how long nothing may be written.
	Heartbeat time.Duration
	// Streams is how many there may be at once.
	Streams int
	// Ending is closed when every stream is to end at once; nil never is.
	Ending <-chan struct{}
}

func (o Options) withDefaults() Options {
	orElse := func(value *time.Duration, standard time.Duration) {
		if *value == 0 {
			*value = standard
		}
	}
	orElse(&o.Length, 20*time.Second)
	orElse(&o.Retry, 500*time.Millisecond)
	orElse(&o.MinPoll, 250*time.Millisecond)
	orElse(&o.MaxPoll, time.Second)
	orElse(&o.Heartbeat, 5*time.Second)
	if o.Streams == 0 {
		o.Streams = 100
	}
	return o
}

// New is the handler.
func New(service follower, o Options, log *slog.Logger) http.Handler {
	o = o.withDefaults()
	slots := make(chan struct{}, o.Streams)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := job.ParseID(r.PathValue("id"))
		from, wrong := resumeFrom(r)
		if err := failure.JoinInvalid(err, wrong); err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			w.Header().Set("Retry-After", "1")
			httpapi.Refuse(w, http.StatusServiceUnavailable, "too many streams at once")
			return
		}
		news, err := service.Follow(r.Context(), id, from.seen)
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case err == nil && from.seen != nil && nothingMore(news, from):
			w.WriteHeader(http.StatusNoContent) // it tells an EventSource to stop
		case failure.KindOf(err) == failure.KindNotFound: // no call of the original: say it as HTTP does
			httpapi.Refuse(w, http.StatusNotFound, monitor.ErrUnknownJob.Public())
		case err != nil && (from.seen == nil || !failure.IsRetryable(err)):
			httpapi.Fail(r.Context(), w, log, err)
		default: // whoever was here before may wait for the store
			(&stream{Options: o, service: service, log: log, id: id, cursor: from}).serve(w, r, news, err)
		}
	})
}

// nothingMore tells whether a client knows how an ended job ended.
func nothingMore(news monitor.News, known cursor) bool {
	return !news.Phase.Living() && news.Phase == known.phase && len(news.Samples) == 0
}
