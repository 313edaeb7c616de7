package secrets_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// peer is an HTTP server that keeps what it gets. While it fails it repeats the head of
// each request in its answer.
type peer struct {
	*httptest.Server
	failing atomic.Bool

	mu     sync.Mutex
	heads  strings.Builder // where secrets belong
	bodies strings.Builder // where none does
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head, body := p.keep(r)
		if !p.failing.Load() {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("X-Echo", strings.ReplaceAll(head, "\n", " "))
		w.Header().Set("Location", r.URL.String())
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":%q,"message":%[1]q,"body":%q}`, "refused: "+head, body)
	}))
	t.Cleanup(p.Close)
	return p
}

// keep keeps a request, and returns its head and its body.
func (p *peer) keep(r *http.Request) (head, body string) {
	reader := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if unpacked, err := gzip.NewReader(reader); err == nil {
			reader = unpacked
		}
	}
	text, _ := io.ReadAll(reader)
	user, password, _ := r.BasicAuth()
	head = fmt.Sprintf("%s %v %s:%s", r.URL, r.Header, user, password)
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(&p.heads, head)
	fmt.Fprintln(&p.bodies, string(text))
	return head, string(text)
}

func (p *peer) got() (heads, bodies string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heads.String(), p.bodies.String()
}

// startEcho starts a server that repeats each command in an error, as old versions of
// Redis do with AUTH. It returns its port, and what it got.
func startEcho(t *testing.T) (port int, got func() string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var mu sync.Mutex
	var all strings.Builder
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(connection, func(command string) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintln(&all, command)
			})
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// echo answers each command, an array of texts, with an error that repeats it.
func echo(connection net.Conn, keep func(command string)) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		var count, length int
		if _, err := fmt.Fscanf(reader, "*%d\r\n", &count); err != nil {
			return
		}
		words := make([]string, count)
		for i := range words {
			if _, err := fmt.Fscanf(reader, "$%d\r\n", &length); err != nil {
				return
			}
			text := make([]byte, length+2)
			if _, err := io.ReadFull(reader, text); err != nil {
				return
			}
			words[i] = string(text[:length])
		}
		keep(strings.Join(words, " "))
		if _, err := fmt.Fprintf(connection, "-ERR unknown command, with args beginning with: '%s'\r\n", strings.Join(words, "', '")); err != nil {
			return
		}
	}
}
