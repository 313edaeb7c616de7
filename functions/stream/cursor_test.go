package stream_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

func TestWhatTheClientKnows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query, header string
		want          *monitor.Seen
	}{
		"nothing":          {"", "", nil},
		"an empty query":   {"?last_event_id=", "", nil},
		"by the header":    {"", "1795500382418", &monitor.Seen{At: 1795500382418}},
		"by the query":     {"?last_event_id=1795500382418", "", &monitor.Seen{At: 1795500382418}},
		"by both":          {"?last_event_id=1", "2", &monitor.Seen{At: 2}},
		"with a phase":     {"", "2.pending", &monitor.Seen{At: 2}},
		"from the start":   {"?last_event_id=0", "", &monitor.Seen{}},
		"the last of time": {"", "9223372036854775807", &monitor.Seen{At: 9223372036854775807}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			follow := func(_ context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
				if id != "a" || !cmp.Equal(tt.want, seen, cmp.AllowUnexported(monitor.Seen{})) {
					t.Errorf("followed %q from %+v, want a from %+v", id, seen, tt.want)
				}
				return monitor.News{}, monitor.ErrUnknownJob
			}
			get(t, stream.New(follower(follow), quick(), quiet()), tt.query, tt.header)
		})
	}
}

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
		"unknown job, again":      {"", "1", answer{err: monitor.ErrUnknownJob}, 404, "no such job"},
		"the store is away":       {"", "", away, 503, "the store is away"},
		"a mistake of ours":       {"", "1", answer{err: errors.New("nil")}, 500, "internal error"},
		"an id that is no number": {"", "x", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id under 0":           {"", "-1", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id past an int64":     {"", "9223372036854775808", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id of no phase":       {"", "1.", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id of another phase":  {"", "1.dead", answer{}, 400, "Last-Event-ID: " + wrongID},
		"an id of two phases":     {"", "1.failed.failed", answer{}, 400, "Last-Event-ID: " + wrongID},
		"a wrong id in the query": {"?last_event_id=x", "", answer{}, 400, "last_event_id: " + wrongID},
		"another parameter":       {"?since=1", "", answer{}, 400, other},
		"both":                    {"?since=1&last_event_id=x", "", answer{}, 400, other + "; last_event_id: " + wrongID},
		"a query that is none":    {"?%zz", "", answer{}, 400, "query: want last_event_id=ID or nothing"},
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
