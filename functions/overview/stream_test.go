package overview_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/overview"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

// world is a service whose answers a test sets.
type world struct {
	mu       sync.Mutex
	overview monitor.Overview
	status   monitor.Status
	samples  []monitor.TimedSample
	err      error
	views    []monitor.View
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) Overview(_ context.Context, v monitor.View) (monitor.Overview, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.views = append(w.views, v)
	o := w.overview
	o.At = time.UnixMilli(int64(len(w.views))) // the clock alone is no change
	return o, w.err
}

func (w *world) Status(_ context.Context, id job.ID) (monitor.Status, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.ID = id
	return s, w.err
}

func (w *world) Follow(_ context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "gone" {
		return monitor.News{}, monitor.ErrUnknownJob
	}
	news := monitor.News{}
	for _, s := range w.samples {
		if seen == nil || s.Timestamp > seen.At {
			news.Samples = append(news.Samples, s)
			news.Seen.At = s.Timestamp
		}
	}
	if seen != nil {
		news.Seen.At = max(news.Seen.At, seen.At)
	}
	return news, w.err
}

// messages is a stream that a test reads.
type messages struct {
	t     *testing.T
	lines *bufio.Scanner
}

// open opens a stream over the network.
func (w *world) open(t *testing.T, query string, o overview.Options) *messages {
	t.Helper()
	if o.Poll == 0 {
		o.Poll = time.Millisecond
	}
	server := httptest.NewServer(overview.NewStream(w, o, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/overview/events"+query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("answer %d of type %q", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return &messages{t, bufio.NewScanner(response.Body)}
}

// next returns the name and the data of the next message.
func (m *messages) next() (name string, data map[string]any) {
	m.t.Helper()
	for m.lines.Scan() {
		line := m.lines.Text()
		if after, ok := strings.CutPrefix(line, "event: "); ok {
			name = after
		}
		if after, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(after), &data); err != nil {
				m.t.Fatalf("%s: %v", line, err)
			}
			return name, data
		}
	}
	m.t.Fatalf("the stream ended: %v", m.lines.Err())
	return "", nil
}

func (m *messages) expect(name string) map[string]any {
	m.t.Helper()
	got, data := m.next()
	if got != name {
		m.t.Fatalf("message %s %v, want %s", got, data, name)
	}
	return data
}

func TestStreamSendsAPageWhenItChanges(t *testing.T) {
	t.Parallel()
	w := &world{overview: monitor.Overview{Total: 1}}
	m := w.open(t, "?view=q%3Da%26state%3Dliving&view=", overview.Options{})
	if got := m.expect("overview")["view"]; got != "q=a&state=living" {
		t.Errorf("view %v", got)
	}
	if got := m.expect("overview")["view"]; got != "" {
		t.Errorf("view %v, want the empty one", got)
	}
	w.set(func() { w.overview.Total = 2 })
	if got := m.expect("overview")["total"]; got != 2.0 {
		t.Errorf("total %v, want 2: unchanged pages are not sent", got)
	}
	w.set(func() {})
	w.mu.Lock()
	defer w.mu.Unlock()
	want := monitor.View{Text: "a", States: []string{"living"}, Limit: 25}
	if diff := cmp.Diff(want, w.views[0]); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
}

func TestStreamFollowsJobs(t *testing.T) {
	t.Parallel()
	sample := func(at int64) monitor.TimedSample { return monitor.TimedSample{Timestamp: at} }
	w := &world{samples: []monitor.TimedSample{sample(1000), sample(2000)}}
	m := w.open(t, "?job=a@1000&job=gone&job=a", overview.Options{})
	if got := m.expect("samples"); got["id"] != "a" || len(got["samples"].([]any)) != 1 {
		t.Errorf("samples %v, want the one after 1000", got)
	}
	if got := m.expect("job"); got["id"] != "a" {
		t.Errorf("status %v", got)
	}
	if got := m.expect("gone"); got["id"] != "gone" {
		t.Errorf("gone %v", got)
	}
	next := time.UnixMilli(5)
	w.set(func() { w.status.NextTick = &next }) // the clock alone is no change
	w.set(func() { w.samples = append(w.samples, sample(3000)) })
	if got := m.expect("samples")["samples"].([]any)[0].(map[string]any)["timestamp"]; got != 3000.0 {
		t.Errorf("sample %v, want that of 3000 alone", got)
	}
	w.set(func() { w.status.Phase = job.PhaseFinished })
	if got := m.expect("job"); got["phase"] != "finished" {
		t.Errorf("status %v", got)
	}
}

func TestStreamTellsOfTroubleOnce(t *testing.T) {
	t.Parallel()
	w := &world{err: failure.Unavailable("down", errors.New("secret of the peer"))}
	m := w.open(t, "", overview.Options{})
	if got := m.expect("trouble")["text"]; got != "the state store does not answer" {
		t.Errorf("text %v", got)
	}
	w.set(func() { w.err = nil })
	m.expect("overview")
	m.expect("recovered")
	w.set(func() { w.err = errors.New("x") })
	m.expect("trouble")
}

// A stream ends before a proxy would cut it, and with the server.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	ending := make(chan struct{})
	close(ending)
	for name, o := range map[string]overview.Options{"its length": {Length: time.Millisecond}, "the server": {Ending: ending}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := (&world{}).open(t, "", o)
			for m.lines.Scan() { // until the end
			}
			if err := m.lines.Err(); err != nil {
				t.Errorf("the stream ended with %v", err)
			}
		})
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	slots := httpapi.NewSlots(1)
	slots <- struct{}{} // of another function's stream
	w := httptest.NewRecorder()
	handler := overview.NewStream(&world{}, overview.Options{Slots: slots}, slog.New(slog.DiscardHandler))
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/overview/events", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answer %d, header %v, want 503 with Retry-After", w.Code, w.Header())
	}
}

func TestStreamRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ query, want string }{
		"another parameter": {"?jobs=a", "no other parameters"},
		"a wrong view":      {"?view=limit%3D0", "view: want a query of /overview"},
		"too many views":    {"?view=&view=q&view=q%3Da&view=q%3Db&view=q%3Dc", "view: want at most 4"},
		"a wrong id":        {"?job=A", "job: want ID"},
		"a wrong time":      {"?job=a@x", "job: want ID or ID@MILLIS"},
		"a time before":     {"?job=a@-1", "job: want ID or ID@MILLIS"},
		"too many jobs":     {"?" + strings.Repeat("job=a&", 21), "job: want at most 20"},
		"no query":          {"?%zz", "query"},
		"two things":        {"?view=limit%3D0&job=A", "; job: want ID"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/overview/events"+tt.query, http.NoBody)
			overview.NewStream(&world{}, overview.Options{}, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("answer %d %s, want 400 with %q", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestOverviewAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query string
		err   error
		want  int
	}{
		"a page":       {"?q=a", nil, http.StatusOK},
		"a wrong view": {"?limit=x", nil, http.StatusBadRequest},
		"no query":     {"?%zz", nil, http.StatusBadRequest},
		"no store":     {"", failure.Unavailable("down", nil), http.StatusServiceUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/overview"+tt.query, http.NoBody)
			overview.New(&world{err: tt.err}, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("answer %d %s, want %d", w.Code, w.Body, tt.want)
			}
		})
	}
}
