package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"unsafe"

	"kubejobs/shared/platform/httpapi"
)

// A guarded handler has 16 KB of stack that need not grow, also on a new goroutine.
func TestGuardGrowsTheStack(t *testing.T) {
	t.Parallel()
	moved := make(chan bool)
	guarded := httpapi.Guard(roomy, slog.New(slog.DiscardHandler),
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			var here byte
			before := uintptr(unsafe.Pointer(&here))
			deep(16)
			moved <- before != uintptr(unsafe.Pointer(&here)) // a stack that grows is another one
		}))
	go guarded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody))
	if <-moved {
		t.Error("the stack grew again")
	}
}

// deep takes n KB of stack.
//
//go:noinline
func deep(n int) byte {
	var room [1 << 10]byte
	if n > 1 {
		room[n] = deep(n - 1)
	}
	return room[n] + 1
}
