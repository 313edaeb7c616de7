package stream_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/testkit/failuretest"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		wrongID = "want the id of a message: Unix milliseconds, optionally followed by a point and a phase"
		other   = "query: there is no other parameter than last_event_id"
	)
	tests := map[string]struct {
		query, header string
		answer        answer
		status        int
		message       string
	}{
		"unknown job":             {"", "", answer{err: monitor.ErrUnknownJob}, 404, "no such job"},
		"unknown job, resumed":    {"", "1", answer{err: monitor.ErrUnknownJob}, 404, "no such job"},
		"the store is down":       {"", "", down, 503, "the store does not answer"},
		"a bug":                   {"", "1", answer{err: errors.New("nil")}, 500, "internal error"},
		"an id that is no number": {"", "x", answer{}, 400, "Last-Event-ID: " + wrongID},
		"a negative id":           {"", "-1", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id past an int64":     {"", "9223372036854775808", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id with no phase":     {"", "1.", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id with a bad phase":  {"", "1.dead", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id with two phases":   {"", "1.failed.failed", answer{}, 400, "Last-Event-ID: " + wrongID},
		"a wrong id in the query": {"?last_event_id=x", "", answer{}, 400, "last_event_id: " + wrongID},
		"two ids in the query":    {"?last_event_id=1&last_event_id=2", "", answer{}, 400, "last_event_id: want it once"},
		"another parameter":       {"?since=1", "", answer{}, 400, other},
		"both":                    {"?since=1&last_event_id=x", "", answer{}, 400, other + "; last_event_id: " + wrongID},
		"a malformed query":       {"?%zz", "", answer{}, 400, "query: want last_event_id=ID or nothing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, stream.New(script(tt.answer), quick(), quiet()), tt.query, tt.header)
			if got := failuretest.Message(t, w); w.Code != tt.status || got != tt.message {
				t.Errorf("answer %d %q, want %d %q", w.Code, got, tt.status, tt.message)
			}
		})
	}
}

// A client that knows how the job ended is answered with 204, which makes an
// EventSource stop.
func TestNothingMore(t *testing.T) {
	t.Parallel()
	over := stopped()
	tests := map[string]struct {
		lastEventID string
		answer      answer
		want        int
	}{
		"it knows everything":       {"2500.stopped", over, 204},
		"not how the job ended":     {"2500", over, 200},
		"not the last sample":       {"1000.stopped", news(job.PhaseStopped, "", 2500), 200},
		"it knows nothing":          {"", over, 200},
		"the job was started again": {"2500.stopped", news(job.PhasePending, ""), 200},
		"it knows of another end":   {"2500.finished", over, 200},
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

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	o, ending := quick(), make(chan struct{})
	o.Ending, o.Slots = ending, httpapi.NewSlots(2)
	followed := make(chan struct{}, 3)
	service := running()
	handler := stream.New(follower(func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
		if seen == nil {
			followed <- struct{}{}
		}
		return service(ctx, id, seen)
	}), o, quiet())
	first, second := begin(t.Context(), t, handler), begin(t.Context(), t, handler)
	<-followed
	<-followed
	w := get(t, handler, "", "")
	if got := failuretest.Message(t, w); w.Code != 503 || got != "too many streams at once" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("a third stream: %d %q, Retry-After %q, want 503 and 1", w.Code, got, w.Header().Get("Retry-After"))
	}
	close(ending)
	await(t, first)
	await(t, second)
	if w := get(t, handler, "", ""); w.Code != http.StatusOK {
		t.Errorf("a stream after their end: %d, want 200", w.Code)
	}
}
