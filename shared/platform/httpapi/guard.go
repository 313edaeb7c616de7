package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"kubejobs/shared/core/failure"
)

// Limits bound one request.
type Limits struct {
	Body  int64         // bytes
	Read  time.Duration // to read the body
	Write time.Duration // until the answer is written
}

// Guard adds what a function framework lacks: limits and deadlines. It turns a
// panic into status 500 and a log line.
func Guard(l Limits, log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		growStack()
		defer func() { rescue(w, r, log, recover()) }()
		now := time.Now()
		control := http.NewResponseController(w)
		if r.ContentLength != 0 { // without a body, a deadline would end the request's context
			_ = control.SetReadDeadline(now.Add(l.Read)) // a recorder in a test has no deadline
		}
		_ = control.SetWriteDeadline(now.Add(l.Write))
		r.Body = http.MaxBytesReader(w, r.Body, l.Body)
		next.ServeHTTP(w, r)
	})
}

// rescue answers a request whose handler panicked with cause; nil means that it
// did not panic. http.ErrAbortHandler belongs to the server and is passed on.
func rescue(w http.ResponseWriter, r *http.Request, log *slog.Logger, cause any) {
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	log.ErrorContext(r.Context(), "panic", "path", r.URL.Path, "cause", failure.Clean(fmt.Sprint(cause)), "stack", string(debug.Stack()))
	Refuse(w, http.StatusInternalServerError, "internal error")
}
