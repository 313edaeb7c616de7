package hostile_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/testkit/redistest"
)

const (
	mutated = 12_000
	// hang is longer than the server's own limits allow a request to take.
	hang = 20 * time.Second
)

// reply is how a connection ended.
type reply struct {
	status int // 0: it was closed without an answer
	kind   string
	body   string
}

// Callers send anything. No request is answered 5xx or hangs, none makes the program
// panic, and the honest jobs beside them lose no tick.
func TestMutatedRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, "JOB_STATUS=events", "MIN_PERIOD=1h", "DEFAULT_PERIOD=1h", "MAX_JOBS=10000")
	honest := s.startHonest(2)
	requests := corpus(t, redistest.Start(t).Address())
	choose := rand.New(rand.NewPCG(7, 11))
	counts := map[int]int{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(16)
	for n := range mutated {
		request := mutate(choose, requests)
		group.Go(func() error {
			got, err := converse(s.Addr(), request)
			if err == nil {
				err = got.check()
			}
			if err != nil {
				t.Errorf("request %d: %v\n%.600q", n, err, request)
			}
			mu.Lock()
			defer mu.Unlock()
			counts[got.status]++
			return nil
		})
	}
	_ = group.Wait() // its functions return nil
	honest.check()
	if output := s.Output(); strings.Contains(output, "panic") {
		t.Errorf("the program panicked:\n%.3000s", output)
	}
	t.Logf("answers by status: %v; %d MiB at most", counts, s.peak()>>20)
	if peak := s.peak(); peak > maxPeak {
		t.Errorf("the program needed %d MiB, want at most %d", peak>>20, maxPeak>>20)
	}
}

// converse sends a request and reads the first answer. A request that the server waits
// for the rest of is ended after a moment.
func converse(addr string, request []byte) (reply, error) {
	connection, err := net.Dial("tcp", addr)
	if err != nil {
		return reply{}, err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(hang))
	_, _ = connection.Write(request) // the server may refuse it before it is whole
	patience := 200 * time.Millisecond
	if incomplete(request) {
		patience = 0
	}
	timer := time.AfterFunc(patience, func() { _ = connection.(*net.TCPConn).CloseWrite() })
	defer timer.Stop()
	if whole(request) {
		timer.Stop()
	}
	for answers := bufio.NewReader(connection); ; {
		got, err := read(answers, method(request))
		if err != nil || got.status == 0 || got.status >= http.StatusOK { // else there is another one
			return got, err
		}
	}
}

// read reads an answer, of a stream only its head.
func read(answers *bufio.Reader, method string) (reply, error) {
	answer, err := http.ReadResponse(answers, &http.Request{Method: method})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return reply{}, errors.New("it hangs")
	}
	if err != nil {
		return reply{}, nil // closed, or reset with bytes unread
	}
	got := reply{status: answer.StatusCode, kind: answer.Header.Get("Content-Type")}
	if got.kind == "text/event-stream" {
		return got, nil // closing the body would wait for the end
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return reply{}, errors.New("its answer hangs")
	}
	got.body = string(body)
	return got, nil
}

// method returns the method of a request, which says whether its answer has a body.
func method(request []byte) string {
	word, _, _ := bytes.Cut(request, []byte(" "))
	if string(word) == http.MethodHead {
		return http.MethodHead
	}
	return http.MethodGet
}

// incomplete reports whether the headers of a request have no end.
func incomplete(request []byte) bool {
	_, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// whole reports whether nothing of a request is missing.
func whole(request []byte) bool {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

// check returns an error for an answer that no caller should get. Two kinds of 5xx are
// right: the 501 and 505 of net/http for what is no HTTP/1.1, in plain text as no
// handler was called, and the 503 of a start whose own queue cannot be read, which says
// so.
func (r reply) check() error {
	switch {
	case r.status < http.StatusInternalServerError:
	case strings.HasPrefix(r.kind, "text/plain") &&
		(r.status == http.StatusNotImplemented || r.status == http.StatusHTTPVersionNotSupported):
		return nil
	case r.status == http.StatusServiceUnavailable && strings.Contains(r.body, "plugin_info.number_of_jobs is required: "):
		return nil
	default:
		return fmt.Errorf("%d %.300s", r.status, r.body)
	}
	if r.status != http.StatusNotFound && r.status != http.StatusMethodNotAllowed || r.body == "" {
		return nil
	}
	var refusal struct {
		Message string `json:"error_message"`
	}
	if err := json.Unmarshal([]byte(r.body), &refusal); err != nil {
		return fmt.Errorf("%d %.300s: %w", r.status, r.body, err)
	}
	if known := refusal.Message; known != "no such path" && known != "no such job" && !strings.HasPrefix(known, "this path takes ") {
		return fmt.Errorf("%d repeats what was sent: %.300s", r.status, r.body)
	}
	return nil
}

// Headers are bounded, in size and so in number.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		headers string
		status  int
	}{
		"15 KiB in one":   {"X: " + strings.Repeat("a", 15<<10) + "\r\n", http.StatusOK},
		"15 KiB in many":  {strings.Repeat("X: a\r\n", 2560), http.StatusOK},
		"24 KiB in one":   {"X: " + strings.Repeat("a", 24<<10) + "\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"24 KiB in many":  {strings.Repeat("X: a\r\n", 4096), http.StatusRequestHeaderFieldsTooLarge},
		"10 MiB":          {"X: " + strings.Repeat("a", 10<<20) + "\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"without an end":  {"X: " + strings.Repeat("a", 24<<10), http.StatusRequestHeaderFieldsTooLarge},
		"a line of 24 KB": {"", http.StatusRequestHeaderFieldsTooLarge},
	} {
		path := "/health/liveness"
		if tt.headers == "" {
			path += "?" + strings.Repeat("a", 24<<10)
		}
		got, err := converse(s.Addr(), []byte("GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\n"+tt.headers+"\r\n"))
		if err != nil || got.status != tt.status && got.status != 0 { // 0: it was closed before all was sent
			t.Errorf("%s: %d %.200s, %v, want %d", name, got.status, got.body, err, tt.status)
		}
	}
}
