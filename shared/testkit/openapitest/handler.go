package openapitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"kubejobs/functions/openapi/describe"
)

// maxShown bounds the wrong answers that a test shows.
const maxShown = 5

// judge collects the wrong answers of a test.
type judge struct {
	check func(exchange) error

	mu    sync.Mutex
	wrong []string
	more  int
}

// newJudge returns a judge that fails a test at its end: an answer may be complete after
// the test has gone on.
func newJudge(tb testing.TB, check func(exchange) error) *judge {
	tb.Helper()
	j := &judge{check: check}
	tb.Cleanup(func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, text := range j.wrong {
			tb.Error(text)
		}
		if j.more > 0 {
			tb.Errorf("and %d more answers that the description of the API does not allow", j.more)
		}
	})
	return j
}

func (j *judge) judge(x exchange) {
	err := j.check(x)
	if err == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.wrong) == maxShown {
		j.more++
		return
	}
	j.wrong = append(j.wrong, fmt.Sprintf("%s %s: %d, which the description of the API does not allow: %v", x.method, x.url, x.status, err))
}

// Handler returns a handler of a unit whose answers are compared with the description.
func Handler(tb testing.TB, unit string, next http.Handler) http.Handler {
	tb.Helper()
	return recorded(newJudge(tb, load().check), unit, next)
}

// Operation returns a handler of one operation, on any path, whose answers are compared
// with the description.
func Operation(tb testing.TB, id string, next http.Handler) http.Handler {
	tb.Helper()
	o := find(tb, id)
	return recorded(newJudge(tb, func(x exchange) error { return load().operation(o, x) }), "", next)
}

func find(tb testing.TB, id string) *describe.Operation {
	tb.Helper()
	o := load().operations[id]
	if o == nil {
		tb.Fatalf("the description has no operation %s", id)
	}
	return o
}

func recorded(j *judge, unit string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchange{unit: unit, method: r.Method, url: cloneURL(r.URL), header: r.Header.Clone()}
		sent := &tee{ReadCloser: r.Body}
		if r.Body != nil {
			r.Body = sent
		}
		writer := &writer{ResponseWriter: w}
		next.ServeHTTP(writer, r) // a panic, which is none of an answer, passes
		x.sent, x.status, x.body, x.complete = sent.read.Bytes(), writer.status, writer.body.Bytes(), !writer.failed
		x.answered = writer.header
		if writer.status == 0 {
			x.status, x.answered = http.StatusOK, w.Header()
		}
		j.judge(x)
	})
}

// tee is a body that remembers what was read of it.
type tee struct {
	io.ReadCloser
	read bytes.Buffer
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.read.Write(p[:n])
	return n, err
}

// writer is a ResponseWriter that remembers what was written.
type writer struct {
	http.ResponseWriter
	status int
	header http.Header
	body   bytes.Buffer
	failed bool
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.header = status, w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status, w.header = http.StatusOK, w.Header().Clone()
	}
	n, err := w.ResponseWriter.Write(p)
	w.body.Write(p[:n])
	w.failed = w.failed || err != nil
	return n, err
}

// Unwrap lets http.ResponseController find the methods of the wrapped writer.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what was written.
func (w *writer) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
