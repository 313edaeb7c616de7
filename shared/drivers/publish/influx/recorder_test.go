package influx_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
)

// recorded is the content of a request.
type recorded struct {
	Method, Path, Query, Login, Body string
}

// recorder is an HTTP server that records requests and counts connections.
type recorder struct {
	*httptest.Server
	mu          sync.Mutex
	requests    []recorded
	connections int
}

// record starts a recorder that answers with a handler, with TLS if secured is given.
func record(t *testing.T, answer http.HandlerFunc, secured ...*tls.Config) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.keep(t, request)
		answer(w, request)
	}))
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if state == http.StateNew {
			r.connections++
		}
	}
	if len(secured) > 0 {
		r.TLS = secured[0]
		r.StartTLS()
	} else {
		r.Start()
	}
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) keep(t *testing.T, request *http.Request) {
	t.Helper()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Errorf("read a request: %v", err)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, recorded{
		request.Method, request.URL.Path, request.URL.RawQuery, request.Header.Get("Authorization"), string(body),
	})
}

func (r *recorder) seen() (requests []recorded, connections int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests, r.connections
}

func (r *recorder) port() int { return r.Listener.Addr().(*net.TCPAddr).Port }

// stored answers as both versions do when the points are stored.
func stored(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// answer returns a handler that answers each request alike.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may be gone
	}
}

// local returns a database at a port of this machine.
func local(port int, name string) *job.Database {
	return &job.Database{Host: "127.0.0.1", Port: port, Name: name}
}

// notice returns a notice of a job with this database; nil: it names none.
func notice(database *job.Database) monitor.Notice {
	s := captured
	return monitor.Notice{Spec: job.Spec{ID: "kj-1", Database: database}, Sample: &s}
}

// publisher returns a publisher whose jobs may name the addresses that entries
// allow; without entries, loopback.
func publisher(t *testing.T, o influx.Options, entries ...string) *influx.Publisher {
	t.Helper()
	if len(entries) == 0 {
		entries = egress.Loopback()
	}
	policy, err := egress.Parse(entries)
	if err != nil {
		t.Fatal(err)
	}
	p, err := influx.New(o, dial.New(policy, "plugin_info.database_data.url", 5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// encoded returns the body of a sample's write.
func encoded(t *testing.T, id job.ID, s sample.Sample) string {
	t.Helper()
	text, err := influx.Encode(id, sample.InfluxHost, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
