package httpapi

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Accepts reports whether an Accept header, which may be repeated, names a value, and not
// with the weight 0.
func Accepts(header []string, value string) bool {
	for entry := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, parameters, _ := strings.Cut(entry, ";")
		if strings.EqualFold(strings.TrimSpace(name), value) {
			return weight(parameters) > 0
		}
	}
	return false
}

// weight returns the parameter q; 1 if there is none, or none that can be read.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		if text, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); ok {
			if q, err := strconv.ParseFloat(text, 64); err == nil {
				return q
			}
		}
	}
	return 1
}

// Compress compresses the answers of next for callers that accept gzip, as browsers do: a
// list of jobs shrinks to a fifth. next answers with statuses that may have a body.
func Compress(next http.Handler) http.Handler {
	writers := &sync.Pool{New: func() any { // a new writer takes a megabyte
		writer, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level is right
		}
		return writer
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead || !Accepts(r.Header.Values("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		small := &compressing{ResponseWriter: w, writers: writers}
		next.ServeHTTP(small, r)
		small.end()
	})
}

// compressing is an answer that is compressed from its first byte on.
type compressing struct {
	http.ResponseWriter
	writers *sync.Pool
	begun   bool         // the status is written
	writer  *gzip.Writer // nil before the first byte
}

func (c *compressing) WriteHeader(status int) {
	c.begun = true
	c.Header().Set("Content-Encoding", "gzip")
	c.Header().Del("Content-Length")
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressing) Write(text []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	c.open()
	return c.writer.Write(text)
}

func (c *compressing) open() {
	if c.writer == nil {
		c.writer, _ = c.writers.Get().(*gzip.Writer)
		c.writer.Reset(c.ResponseWriter)
	}
}

// Unwrap lets the deadlines of the connection be set.
func (c *compressing) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// end writes what is left; an empty body is compressed too. After a panic of the handler it
// is not called: the answer is then cut, and another writer is made.
func (c *compressing) end() {
	if !c.begun {
		return
	}
	c.open()
	_ = c.writer.Close() // an error means that the caller is gone
	c.writer.Reset(nil)
	c.writers.Put(c.writer)
}
