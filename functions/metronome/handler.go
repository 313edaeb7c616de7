// Package metronome serves the beats of the metronome, which are the CloudEvents of one
// PingSource, and the batches of ticks that a beat hands out.
package metronome

import (
	"context"
	"log/slog"
	"net/http"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

const (
	maxBeat  = 4 << 10 // bytes; nothing in the body is read
	maxBatch = 64 << 10
)

type beater interface {
	Beat(ctx context.Context, beat monitor.Beat) (monitor.Served, error)
}

type taker interface {
	Take(ctx context.Context, b monitor.Batch) []monitor.Due
}

// NewBeat returns the handler of beats. Its statuses are chosen for PingSource's adapter:
// a beat that may succeed later is answered with 503, which it repeats.
func NewBeat(m beater, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBodyUpTo(w, r, maxBeat)
		if !ok {
			return
		}
		beat, err := decode(r, body)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		served, err := m.Beat(r.Context(), beat)
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		log.DebugContext(r.Context(), "beat", "beat", beat.ID, "instants", served.Instants, "taken", served.Taken, "lost", served.Lost)
		httpapi.Acknowledge(w, "beaten")
	})
}

// Open opens a signed batch. The error says why it is refused.
type Open func(ctx context.Context, body []byte, signature string) (monitor.Batch, error)

// NewBatch returns the handler of batches, whose answer names the jobs whose ticks must be
// repeated; answer makes its body.
func NewBatch(m taker, open Open, answer func([]monitor.Due) any, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := httpapi.ReadBodyUpTo(w, r, maxBatch)
		if !ok {
			return
		}
		batch, err := open(r.Context(), body, r.Header.Get(monitor.BatchSignatureHeader))
		if err != nil {
			httpapi.Fail(r.Context(), w, log, err)
			return
		}
		httpapi.Respond(w, http.StatusOK, answer(m.Take(r.Context(), batch)))
	})
}
