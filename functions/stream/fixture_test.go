package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/openapitest"
)

type follower func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error)

func (f follower) Follow(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
	return f(ctx, id, seen)
}

// answer is the result of one read of the job.
type answer struct {
	news monitor.News
	err  error
}

// script returns a follower that gives the answers in their order, and the last one
// for ever.
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

// news returns the answer for a job in a phase, with samples at these milliseconds.
func news(phase job.Phase, reason string, at ...int64) answer {
	n := monitor.News{Phase: phase, Reason: reason, Period: 2 * time.Second}
	for _, millis := range at {
		n.Samples = append(n.Samples, monitor.TimedSample{Timestamp: millis, At: time.UnixMilli(millis).UTC()})
		n.Seen.At = millis
	}
	return answer{news: n}
}

// stopped returns the answer for a job that was stopped after a sample at 2500.
func stopped() answer {
	a := news(job.PhaseStopped, "by a caller")
	a.news.Seen.At = 2500
	return a
}

// running returns a follower of a job that runs and has no news after its first
// sample.
func running() follower {
	return script(news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""))
}

// down is the answer of a store that does not answer.
var down = answer{err: failure.Unavailable("the store does not answer", errors.New("dial"))}

// quick returns options with short intervals. Such streams end only when the test
// ends them.
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

// get returns the answer to a request, which for a stream is all its messages.
func get(t *testing.T, handler http.Handler, query, lastEventID string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	openapitest.Operation(t, "followJob", handler).ServeHTTP(w, request(t, http.MethodGet, query, lastEventID))
	return w
}

// begin serves a stream in the background. The channel gets the answer when the
// stream has ended.
func begin(ctx context.Context, t *testing.T, handler http.Handler) <-chan *httptest.ResponseRecorder {
	t.Helper()
	ended := make(chan *httptest.ResponseRecorder, 1)
	handler = openapitest.Operation(t, "followJob", handler)
	r := request(t, http.MethodGet, "", "").WithContext(ctx)
	go func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		ended <- w
	}()
	return ended
}

// await waits for the end of a stream.
func await(t *testing.T, ended <-chan *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	t.Helper()
	select {
	case w := <-ended:
		return w
	case <-time.After(30 * time.Second):
		t.Fatal("the stream does not end")
		return nil
	}
}

const retry = "retry: 500\n\n"

// sampleMessage returns the message of a sample as it is on the wire.
func sampleMessage(id, millis, at string) string {
	return "id: " + id + "\nevent: sample\ndata: {\"timestamp\":" + millis + ",\"at\":\"" + at +
		"\",\"job_progress\":0,\"time_progress\":0,\"error\":0,\"replicas\":0}\n\n"
}

// phaseMessage returns the message of a phase as it is on the wire.
func phaseMessage(id, phase, reason string) string {
	return "id: " + id + "\nevent: phase\ndata: {\"phase\":\"" + phase + "\",\"reason\":\"" + reason + "\"}\n\n"
}
