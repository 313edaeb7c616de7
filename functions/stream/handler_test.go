package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

type follower func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error)

func (f follower) Follow(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
	return f(ctx, id, seen)
}

// answer is what one look at the job gives.
type answer struct {
	news monitor.News
	err  error
}

// script gives the answers one after the other, and the last one for ever.
func script(answers ...answer) follower {
	var mu sync.Mutex
	return func(context.Context, job.ID, *monitor.Seen) (monitor.News, error) {
		mu.Lock()
		defer mu.Unlock()
		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return next.news, next.err
	}
}

// news is a job in a phase, with samples at these milliseconds.
func news(phase job.Phase, reason string, at ...int64) answer {
	n := monitor.News{Phase: phase, Reason: reason, Period: 2 * time.Second}
	for _, millis := range at {
		n.Samples = append(n.Samples, monitor.TimedSample{Timestamp: millis, At: time.UnixMilli(millis).UTC()})
		n.Seen.At = millis
	}
	return answer{news: n}
}

var away = answer{err: failure.Unavailable("the store is away", errors.New("dial"))}

// quick is streams for tests: they end only with what is told.
func quick() stream.Options {
	return stream.Options{Length: time.Minute, MinPoll: time.Millisecond, MaxPoll: time.Millisecond, Heartbeat: time.Minute}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func request(t *testing.T, method, query, lastEventID string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/monitoring/a/events"+query, http.NoBody)
	r.SetPathValue("id", "a")
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	return r
}

// get reads a whole stream.
func get(t *testing.T, handler http.Handler, query, lastEventID string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request(t, http.MethodGet, query, lastEventID))
	return w
}

const retry = "retry: 500\n\n"

// sampleEvent is a sample's, and phaseEvent a phase's, as they go over the wire.
func sampleEvent(id, millis, at string) string {
	return "id: " + id + "\nevent: sample\ndata: {\"timestamp\":" + millis + ",\"at\":\"" + at +
		"\",\"job_progress\":0,\"time_progress\":0,\"error\":0,\"replicas\":0}\n\n"
}

func phaseEvent(id, phase, reason string) string {
	return "id: " + id + "\nevent: phase\ndata: {\"phase\":\"" + phase + "\",\"reason\":\"" + reason + "\"}\n\n"
}

func TestStream(t *testing.T) {
	t.Parallel()
	const comment = ": the state store does not answer\n\n"
	first := sampleEvent("1000", "1000", "1970-01-01T00:00:01Z")
	second := sampleEvent("2500", "2500", "1970-01-01T00:00:02.5Z")
	finished := phaseEvent("2500.finished", "finished", "the queue is empty")
	ended := news(job.PhaseFinished, "the queue is empty", 2500)
	tests := map[string]struct {
		lastEventID string
		answers     []answer
		want        string
	}{
		"a running job to its end": {
			"",
			[]answer{news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""), ended},
			first + second + finished,
		},
		"from before the first sample": {
			"",
			[]answer{news(job.PhasePending, ""), news(job.PhaseRunning, "", 1000), ended},
			phaseEvent("0.pending", "pending", "") + sampleEvent("1000.pending", "1000", "1970-01-01T00:00:01Z") +
				phaseEvent("1000", "running", "") + second + finished,
		},
		"an ended job":                {"", []answer{ended}, second + finished},
		"an ended job without sample": {"", []answer{news(job.PhaseStopped, "by a caller")}, phaseEvent("0.stopped", "stopped", "by a caller")},
		"two samples in a gap": {
			"500",
			[]answer{news(job.PhaseFailed, "gone", 1000, 2500)},
			first + second + phaseEvent("2500.failed", "failed", "gone"),
		},
		"the end in a gap": {
			"2500", []answer{stopped()}, phaseEvent("2500.stopped", "stopped", "by a caller"),
		},
		"it began in a gap": {
			"1000.pending",
			[]answer{news(job.PhaseRunning, "", 2500), stopped()},
			sampleEvent("2500.pending", "2500", "1970-01-01T00:00:02.5Z") + phaseEvent("2500", "running", "") +
				phaseEvent("2500.stopped", "stopped", "by a caller"),
		},
		"started anew in a gap": {
			"1000.finished",
			[]answer{news(job.PhasePending, "", 2500), stopped()},
			sampleEvent("2500.finished", "2500", "1970-01-01T00:00:02.5Z") + phaseEvent("2500.pending", "pending", "") +
				phaseEvent("2500.stopped", "stopped", "by a caller"),
		},
		"the store away in between": {
			"", []answer{news(job.PhaseRunning, "", 1000), away, away, ended}, first + comment + second + finished,
		},
		"the store away twice": {
			"",
			[]answer{news(job.PhaseRunning, "", 1000), away, news(job.PhaseRunning, ""), away, ended},
			first + comment + comment + second + finished,
		},
		"the store away when it connects again": {"1000", []answer{away, away, ended}, comment + second + finished},
		"the job is forgotten": {
			"", []answer{news(job.PhaseRunning, "", 1000), {err: monitor.ErrUnknownJob}}, first,
		},
		"a mistake of ours": {
			"", []answer{news(job.PhaseRunning, "", 1000), {err: errors.New("decode")}}, first,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, stream.New(script(tt.answers...), quick(), quiet()), "", tt.lastEventID)
			if diff := cmp.Diff(retry+tt.want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, want 200; stream (-want +got):\n%s", w.Code, diff)
			}
			for name, want := range map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

// stopped is a job that was stopped after a sample at 2500.
func stopped() answer {
	a := news(job.PhaseStopped, "by a caller")
	a.news.Seen.At = 2500
	return a
}

// A client that knows how the job ended is told to stop: 204 does that to an
// EventSource.
func TestNothingMore(t *testing.T) {
	t.Parallel()
	over := stopped()
	tests := map[string]struct {
		lastEventID string
		answer      answer
		want        int
	}{
		"it knows all":                 {"2500.stopped", over, 204},
		"not how it ended":             {"2500", over, 200},
		"not the last sample":          {"1000.stopped", news(job.PhaseStopped, "", 2500), 200},
		"it knows nothing":             {"", over, 200},
		"the job was started anew":     {"2500.stopped", news(job.PhasePending, ""), 200},
		"it ended in another way then": {"2500.finished", over, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := quick()
			o.Length = time.Millisecond
			w := get(t, stream.New(script(tt.answer), o, quiet()), "", tt.lastEventID)
			if w.Code != tt.want || (tt.want == http.StatusNoContent && w.Body.Len() > 0) {
				t.Errorf("answer %d %q, want %d", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	stream.New(script(news(job.PhaseRunning, "", 1000)), quick(), quiet()).ServeHTTP(w, request(t, http.MethodHead, "", ""))
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "text/event-stream" || w.Body.Len() > 0 {
		t.Errorf("answer %d of type %q, %q, want 200 of text/event-stream without a body", w.Code, got, w.Body)
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Heartbeat = time.Nanosecond
	w := get(t, stream.New(script(
		news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""), news(job.PhaseRunning, ""),
		news(job.PhaseStopped, ""),
	), o, quiet()), "", "")
	if got := strings.Count(w.Body.String(), ": alive\n\n"); got != 2 {
		t.Errorf("%d heartbeats, want one for each look without news:\n%s", got, w.Body)
	}
}
