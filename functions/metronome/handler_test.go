package metronome_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/metronome"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// heart is a metronome that remembers its last beat and batch.
type heart struct {
	beat  monitor.Beat
	batch monitor.Batch
	err   error
}

func (h *heart) Beat(_ context.Context, beat monitor.Beat) (monitor.Served, error) {
	h.beat = beat
	return monitor.Served{}, h.err
}

func (h *heart) Take(_ context.Context, b monitor.Batch) []monitor.Due {
	h.batch = b
	return b.Due[1:]
}

var quiet = slog.New(slog.DiscardHandler)

func TestBeat(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 24, 6, 12, 4, 0, time.UTC)
	tests := map[string]struct {
		changes map[string]string
		body    string
		err     error
		status  int
		want    monitor.Beat
	}{
		"a beat":                   {nil, "{}", nil, 200, monitor.Beat{ID: "b", Sent: sent}},
		"a body that nobody reads": {nil, "x", nil, 200, monitor.Beat{ID: "b", Sent: sent}},
		"no time":                  {map[string]string{"Ce-Time": ""}, "{}", nil, 200, monitor.Beat{ID: "b"}},
		"one that is to be repeated": {
			nil, "{}", failure.Unavailable("later", nil), 503, monitor.Beat{ID: "b", Sent: sent},
		},
		"one that fails for good": {nil, "{}", errors.New("a bug"), 500, monitor.Beat{ID: "b", Sent: sent}},
		"no event":                {map[string]string{"Ce-Id": ""}, "{}", nil, 400, monitor.Beat{}},
		"another event":           {map[string]string{"Ce-Type": "t"}, "{}", nil, 400, monitor.Beat{}},
		"a long id":               {map[string]string{"Ce-Id": strings.Repeat("i", 129)}, "{}", nil, 400, monitor.Beat{}},
		"an id with a tabulator":  {map[string]string{"Ce-Id": "a\tb"}, "{}", nil, 400, monitor.Beat{}},
		"a large body":            {nil, strings.Repeat("x", 5000), nil, 413, monitor.Beat{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/metronome", strings.NewReader(tt.body))
			r.Header = http.Header{
				"Ce-Id": {"b"}, "Ce-Source": {"/apis/v1/namespaces/kubejobs/pingsources/metronome"}, "Ce-Specversion": {"1.0"},
				"Ce-Time": {"2026-11-24T06:12:04Z"}, "Ce-Type": {monitor.TickEventType}, "Content-Type": {"application/json"},
			}
			for name, value := range tt.changes {
				if r.Header.Set(name, value); value == "" {
					r.Header.Del(name)
				}
			}
			h, w := &heart{err: tt.err}, httptest.NewRecorder()
			metronome.NewBeat(h, quiet).ServeHTTP(w, r)
			if diff := cmp.Diff(tt.want, h.beat); w.Code != tt.status || diff != "" {
				t.Errorf("%d %s, want %d; beat (-want +got):\n%s", w.Code, w.Body, tt.status, diff)
			}
			if tt.status == http.StatusOK && w.Body.Len() > 0 {
				t.Errorf("the body is %s: a Broker would send it on", w.Body)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	batch := monitor.Batch{Instant: time.Unix(7, 0).UTC(), Due: []monitor.Due{{ID: "a"}, {ID: "b"}}}
	refused := &failure.Error{Kind: failure.KindUnauthenticated, Message: "no"}
	tests := map[string]struct {
		body   string
		err    error
		status int
	}{
		"a batch":      {"x", nil, 200},
		"a forged one": {"x", refused, 401},
		"without a key, as the state Redis is down": {"x", failure.Unavailable("later", nil), 503},
		"a large one": {strings.Repeat("x", 70_000), nil, 413},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(_ context.Context, body []byte, signature string) (monitor.Batch, error) {
				if string(body) != "x" || signature != "s" {
					t.Errorf("opened %q, signed %q", body, signature)
				}
				return batch, tt.err
			}
			answer := func(again []monitor.Due) any { return again }
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/ticks", strings.NewReader(tt.body))
			r.Header.Set("Kubejobs-Signature", "s")
			h, w := &heart{}, httptest.NewRecorder()
			metronome.NewBatch(h, open, answer, quiet).ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.status)
			}
			if taken := len(h.batch.Due) > 0; taken != (tt.status == http.StatusOK) {
				t.Errorf("taken: %t", taken)
			}
			if want := `[{"app_id":"b","life":0}]`; tt.status == http.StatusOK && strings.TrimSpace(w.Body.String()) != want {
				t.Errorf("answered %s, want %s", w.Body, want)
			}
		})
	}
}
