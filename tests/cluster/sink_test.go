package cluster_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

// received is an attempt to deliver a tick.
type received struct {
	name   string // of the PingSource
	path   string
	remote string
	header http.Header
	body   string
}

// sink is a server that records each attempt to deliver a tick.
type sink struct {
	url string

	mu       sync.Mutex
	attempts []received
}

// newSink starts a sink. It answers attempt i (from 0) of the PingSource name with the
// status that answer returns.
func newSink(t *testing.T, answer func(name string, i int) int) *sink {
	t.Helper()
	s := &sink{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the attempt was cut off
		}
		ceSource := r.Header.Get("Ce-Source")
		name := ceSource[strings.LastIndexByte(ceSource, '/')+1:]
		s.mu.Lock()
		before := s.count(name)
		s.attempts = append(s.attempts, received{
			name: name, path: r.URL.Path, remote: r.RemoteAddr, header: r.Header.Clone(), body: string(body),
		})
		s.mu.Unlock()
		w.WriteHeader(answer(name, before))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func accepted(string, int) int { return http.StatusAccepted }

// count returns the number of attempts of a PingSource. The caller holds the lock.
func (s *sink) count(name string) int {
	count := 0
	for i := range s.attempts {
		if s.attempts[i].name == name {
			count++
		}
	}
	return count
}

// of returns the attempts of a PingSource.
func (s *sink) of(name string) []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.attempts), func(r received) bool { return r.name != name })
}

// await waits until a PingSource has made count attempts, and returns the first count.
func (s *sink) await(t *testing.T, name string, count int) []received {
	t.Helper()
	controlplane.Await(t, fmt.Sprintf("%d attempts of %s", count, name), func(context.Context) error {
		if got := len(s.of(name)); got < count {
			return fmt.Errorf("got %d", got)
		}
		return nil
	})
	return s.of(name)[:count]
}

// resolve resolves every sink to this server, with the path of the sink.
func (s *sink) resolve(to adapter.Sink) (string, error) {
	if to.Ref == nil {
		return to.URI, nil
	}
	if to.Ref.Kind != "Service" || to.Ref.Name != "kubejobs" {
		return "", fmt.Errorf("no %s %s", to.Ref.Kind, to.Ref.Name)
	}
	return s.url + to.URI, nil
}
