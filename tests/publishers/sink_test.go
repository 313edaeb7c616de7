package publishers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/drivers/publish"
	"kubejobs/tests/world"
)

// sink answers events as the test says, by their kind, and records what it took.
type sink struct {
	url string

	mu     sync.Mutex
	answer map[string][]int // statuses of the next answers by kind; then 202
	taken  []string         // kinds
	ids    []string
	late   bool // the answers come after the sender gave up
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{answer: map[string][]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // so that the server sees the sender give up
	s.mu.Lock()
	kind := strings.TrimPrefix(r.Header.Get("Ce-Type"), "dev.kubejobs.job.")
	status := http.StatusAccepted
	if next := s.answer[kind]; len(next) > 0 {
		status, s.answer[kind] = next[0], next[1:]
	}
	if status == http.StatusAccepted {
		s.taken = append(s.taken, kind)
		s.ids = append(s.ids, r.Header.Get("Ce-Id"))
	}
	late := s.late
	s.mu.Unlock()
	if late {
		<-r.Context().Done()
	}
	w.WriteHeader(status)
}

// set sets the next answers to a kind, and whether answers are late.
func (s *sink) set(late bool, kind string, statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late, s.answer[kind] = late, statuses
}

// got returns the kinds that the sink took, in order, without those of an event
// that it had taken before.
func (s *sink) got() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []string
	for i, kind := range s.taken {
		if !slices.Contains(s.ids[:i], s.ids[i]) {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " ")
}

// An event that the sink refuses for good is shown and holds up nothing. One that it
// cannot take now holds up those after it, and is sent again, in order.
func TestSinkAnswers(t *testing.T) {
	t.Parallel()
	const refused, absent = http.StatusForbidden, http.StatusServiceUnavailable
	finish := func(w *world.World, at int) { w.Fill(0, 0, 6); run(w, "a", at, at) }
	sweep := func(w *world.World) { w.Call(http.MethodPost, "/sweep", "") }
	tests := map[string]struct {
		do      func(*world.World, *sink)
		want    string // taken by the sink
		unsent  int
		failing bool
		text    string // part of the last error; "": the publisher never failed
	}{
		"takes all": {func(w *world.World, _ *sink) { run(w, "a", 1, 1); finish(w, 2) }, "started finished", 0, false, ""},
		"refuses the first": {func(w *world.World, s *sink) {
			s.set(false, "started", refused)
			run(w, "a", 1, 1)
			finish(w, 2)
		}, "finished", 0, false, "refused dev.kubejobs.job.started with 403"},
		"refuses the last": {func(w *world.World, s *sink) {
			s.set(false, "finished", refused)
			run(w, "a", 1, 1)
			finish(w, 2)
		}, "started", 0, true, "refused dev.kubejobs.job.finished with 403"},
		"refuses one in the middle": {func(w *world.World, s *sink) {
			s.set(false, "started", slices.Repeat([]int{absent}, 12)...) // of six ticks: two attempts each
			s.set(false, "at-risk", refused)
			run(w, "a", 1, 1)
			w.Fill(5, 0, 1) // one item, and the deadline has passed
			run(w, "a", 31, 35)
			finish(w, 36)
		}, "started finished", 0, true, "refused dev.kubejobs.job.at-risk with 403"},
		"takes the first, then is absent": {func(w *world.World, s *sink) {
			s.set(false, "started", absent, absent)
			run(w, "a", 1, 1)
			s.set(false, "finished", absent, absent)
			finish(w, 2)
		}, "started", 1, true, "answered 503"},
		"refuses the first, then is absent for a moment": {func(w *world.World, s *sink) {
			s.set(false, "started", absent, absent, refused)
			s.set(false, "finished", absent)
			run(w, "a", 1, 1)
			finish(w, 2)
		}, "finished", 0, true, "refused dev.kubejobs.job.started with 403"},
		"is absent, and returns after the end": {func(w *world.World, s *sink) {
			s.set(false, "started", absent, absent, absent, absent)
			run(w, "a", 1, 1)
			finish(w, 2)
			sweep(w)
		}, "started finished", 0, false, "answered 503"},
		"takes one and answers late": {func(w *world.World, s *sink) {
			s.set(true, "started")
			run(w, "a", 1, 1)
			s.set(false, "started")
			finish(w, 2)
		}, "started finished", 0, false, "does not answer"},
		"refuses one and answers late": {func(w *world.World, s *sink) {
			s.set(true, "started", refused, refused, refused, refused)
			run(w, "a", 1, 1)
			s.set(false, "started", refused)
			finish(w, 2)
		}, "finished", 0, true, "refused dev.kubejobs.job.started with 403"},
		"refuses the event of a stop": {func(w *world.World, s *sink) {
			s.set(false, "stopped", refused)
			run(w, "a", 1, 1)
			w.Call(http.MethodPut, "/monitoring/a/stop", "")
		}, "started", 0, true, "refused dev.kubejobs.job.stopped with 403"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			w := world.Open(t, map[string]string{"EVENTS_SINK": s.url, "EVENTS_SAMPLES": "false"}, world.Options{
				Functions: functions.Options{Publish: publish.Options{Failures: 100}}, // no circuit opens
			})
			w.Fill(6, 0, 0)
			start(w, "a", "")
			tt.do(w, s)
			if got := s.got(); got != tt.want {
				t.Errorf("the sink took %q, want %q", got, tt.want)
			}
			got := w.Status("a")
			p := got.Publishers["cloudevents"]
			if got.Unsent != tt.unsent || p.Failing != tt.failing || !strings.Contains(p.LastError, tt.text) || (tt.text == "") != (p.At == 0) {
				t.Errorf("%d unsent, %+v, want %d, failing %t with %q", got.Unsent, p, tt.unsent, tt.failing, tt.text)
			}
			if again := w.Call(http.MethodPost, "/sweep", ""); tt.unsent == 0 && !strings.Contains(again.Body, `"sent":0`) {
				t.Errorf("another sweep: %s, want nothing sent", again.Body)
			}
		})
	}
}

// An event that reaches the sink by a tick and by a sweep at once is taken twice with
// the same id, and counts as sent.
func TestEventDeliveredTwice(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	w := open(t, map[string]string{"EVENTS_SINK": s.url, "EVENTS_SAMPLES": "false"})
	w.Fill(6, 0, 0)
	start(w, "a", "")
	s.set(false, "started", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
	run(w, "a", 1, 1)
	w.At(4 * time.Second)
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() { w.Call(http.MethodPost, "/sweep", "") })
	}
	both.Go(func() { w.Tick("a") })
	both.Wait()
	if got := s.got(); got != "started" {
		t.Errorf("the sink took %q, want one event, whatever the number of its copies", got)
	}
	if got := w.Status("a"); got.Unsent != 0 || got.Publishers["cloudevents"].Failing {
		t.Errorf("%d unsent, %+v, want none", got.Unsent, got.Publishers)
	}
}
