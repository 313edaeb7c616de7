package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

// Requests above the limit are refused at once; after a panic too the place is free.
func TestAtMost(t *testing.T) {
	t.Parallel()
	const most = 3
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := httpapi.AtMost(most, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
		entered <- struct{}{}
		<-leave
	}))
	serve := func(path string) *httptest.ResponseRecorder {
		defer func() { _ = recover() }()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		return w
	}
	for range most + 1 {
		serve("/panic")
	}
	var served sync.WaitGroup
	for range most {
		served.Go(func() { serve("/") })
		<-entered
	}
	if w := serve("/"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("above the limit: %d, Retry-After %q, want 503 and 1", w.Code, w.Header().Get("Retry-After"))
	}
	close(leave)
	served.Wait()
	served.Go(func() { <-entered })
	if w := serve("/"); w.Code != http.StatusOK {
		t.Errorf("below the limit again: %d, want 200", w.Code)
	}
	served.Wait()
}
