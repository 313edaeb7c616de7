package cloudevent_test

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish/cloudevent"
	"kubejobs/shared/monitor"
)

// sink receives CloudEvents and answers each with a status.
type sink struct {
	mu     sync.Mutex
	events []cloudevents.Event
	answer func(call int) int
	conns  map[string]bool
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	event, err := cloudevents.NewEventFromHTTPRequest(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || event.Validate() != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.events = append(s.events, *event)
	if s.conns == nil {
		s.conns = map[string]bool{}
	}
	s.conns[r.RemoteAddr] = true
	if s.answer != nil {
		w.WriteHeader(s.answer(len(s.events)))
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func publisher(t *testing.T, o cloudevent.Options, address string) *cloudevent.Publisher {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	o.Sink, o.Namespace = parsed, "batch"
	p, err := cloudevent.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func serve(t *testing.T, s http.Handler) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func notice(kinds ...job.EventKind) monitor.Notice {
	var n monitor.Notice
	for _, kind := range kinds {
		n.Events = append(n.Events, event(kind))
	}
	return n
}

func TestPublish(t *testing.T) {
	t.Parallel()
	s := &sink{}
	p := publisher(t, cloudevent.Options{}, serve(t, s)+"/default/broker?x=y")
	n := notice(job.EventSample, job.EventStarted)
	for range 10 {
		if taken, err := p.Publish(t.Context(), n); taken != 2 || err != nil {
			t.Fatalf("got %d, %v, want 2", taken, err)
		}
	}
	if len(s.events) != 20 || s.events[0].Type() != "dev.kubejobs.job.sample" || s.events[1].Type() != "dev.kubejobs.job.started" {
		t.Errorf("got %d events, the first %v, want 20 in order", len(s.events), s.events[0])
	}
	if len(s.conns) != 1 {
		t.Errorf("%d connections, want one that is kept open", len(s.conns))
	}
	if taken, err := p.Publish(t.Context(), monitor.Notice{}); taken != 0 || err != nil || p.Destination(monitor.Notice{}) != "" {
		t.Errorf("a notice without events: %d, %v, %q", taken, err, p.Destination(monitor.Notice{}))
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		taken  int
		want   failure.Kind // "": no error
	}{
		"200":                               {http.StatusOK, 2, ""},
		"204":                               {http.StatusNoContent, 2, ""},
		"a redirect is not followed":        {http.StatusTemporaryRedirect, 2, failure.KindRefused},
		"400":                               {http.StatusBadRequest, 2, failure.KindRefused},
		"401":                               {http.StatusUnauthorized, 2, failure.KindRefused},
		"403":                               {http.StatusForbidden, 2, failure.KindRefused},
		"404: a receiver that is not ready": {http.StatusNotFound, 1, failure.KindUnavailable},
		"408":                               {http.StatusRequestTimeout, 1, failure.KindUnavailable},
		"409: another request is under way": {http.StatusConflict, 1, failure.KindUnavailable},
		"410":                               {http.StatusGone, 2, failure.KindRefused},
		"413":                               {http.StatusRequestEntityTooLarge, 2, failure.KindRefused},
		"422":                               {http.StatusUnprocessableEntity, 2, failure.KindRefused},
		"429":                               {http.StatusTooManyRequests, 1, failure.KindUnavailable},
		"500":                               {http.StatusInternalServerError, 1, failure.KindUnavailable},
		"503":                               {http.StatusServiceUnavailable, 1, failure.KindUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sink{answer: func(call int) int {
				if call == 1 {
					return http.StatusAccepted
				}
				return test.status
			}}
			p := publisher(t, cloudevent.Options{}, serve(t, s))
			taken, err := p.Publish(t.Context(), notice(job.EventSample, job.EventFinished))
			if taken != test.taken || (err == nil) != (test.want == "") || err != nil && failure.KindOf(err) != test.want {
				t.Errorf("got %d, %v, want %d acknowledged and an error of kind %q", taken, err, test.taken, test.want)
			}
		})
	}
}

func TestSinkUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() // accepts connections and never answers
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, address := range map[string]string{"hangs": "http://" + listener.Addr().String(), "is gone": gone.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			p := publisher(t, cloudevent.Options{}, address+"/secret-path?token=hunter2")
			taken, err := p.Publish(ctx, notice(job.EventSample))
			if taken != 0 || !failure.IsRetryable(err) {
				t.Errorf("got %d, %v, want a retryable error", taken, err)
			}
			if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "secret-path") {
				t.Errorf("the error shows the URL: %s", text)
			}
		})
	}
}

func TestSinkWithACertificate(t *testing.T) {
	t.Parallel()
	s := &sink{}
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	p := publisher(t, cloudevent.Options{CACerts: authority, Extensions: map[string]string{"team": "x"}}, server.URL)
	if taken, err := p.Publish(t.Context(), notice(job.EventSample)); taken != 1 || err != nil {
		t.Fatalf("got %d, %v, want 1", taken, err)
	}
	if got := s.events[0].Extensions()["team"]; got != "x" {
		t.Errorf("extension team is %v, want x", got)
	}
	other := publisher(t, cloudevent.Options{}, server.URL)
	if _, err := other.Publish(t.Context(), notice(job.EventSample)); err == nil {
		t.Error("a certificate of an unknown authority was accepted")
	}
	if _, err := cloudevent.New(cloudevent.Options{CACerts: "no PEM"}); err == nil {
		t.Error("no error for a text without certificates")
	}
}

// meeting answers requests once so many are under way.
type meeting struct {
	at    int
	mu    sync.Mutex
	under int
	met   chan struct{}
	conns map[string]bool
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.conns[r.RemoteAddr] = true
	met := m.met
	if m.under++; m.under == m.at {
		close(m.met)
		m.under, m.met = 0, make(chan struct{})
	}
	m.mu.Unlock()
	select {
	case <-met:
	case <-r.Context().Done():
	}
	w.WriteHeader(http.StatusAccepted)
}

// The connections of a burst of events are kept for the next one.
func TestBurstsShareConnections(t *testing.T) {
	t.Parallel()
	const burst = 32
	sink := &meeting{at: burst, met: make(chan struct{}), conns: map[string]bool{}}
	p := publisher(t, cloudevent.Options{}, serve(t, sink))
	for range 3 {
		var senders sync.WaitGroup
		for range burst {
			senders.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				if _, err := p.Publish(ctx, notice(job.EventStarted)); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		time.Sleep(50 * time.Millisecond) // a connection is free a moment after its answer
	}
	sink.mu.Lock()
	defer sink.mu.Unlock()
	if got := len(sink.conns); got > burst+burst/4 {
		t.Errorf("%d connections for bursts of %d, want them kept", got, burst)
	}
}
