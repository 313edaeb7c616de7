package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kubejobs/shared/platform/httpapi"
)

// Requests above the limit are refused at once; after a panic too the place is free.
func TestAtMost(t *testing.T) {
	t.Parallel()
	const most = 3
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := httpapi.AtMost(httpapi.Room{Serve: most}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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

// Requests above the limit wait for a place as far as there is room: until one is free, they
// lose patience or their caller leaves.
func TestAtMostWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const patience = 5 * time.Second
		leave := make(chan struct{})
		handler := httpapi.AtMost(httpapi.Room{Serve: 1, Wait: 2, Patience: patience}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
		serve := func(ctx context.Context) chan int {
			code := make(chan int, 1)
			go func() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
				code <- w.Code
			}()
			synctest.Wait()
			return code
		}
		first := serve(t.Context())
		left, cancel := context.WithCancel(t.Context())
		second, leaving := serve(t.Context()), serve(left)
		if code := <-serve(t.Context()); code != http.StatusServiceUnavailable {
			t.Errorf("without room to wait: %d, want 503", code)
		}
		cancel()
		if code := <-leaving; code != http.StatusServiceUnavailable {
			t.Errorf("whose caller left: %d, want 503", code)
		}
		third := serve(t.Context())
		leave <- struct{}{} // the first
		if code := <-first; code != http.StatusOK {
			t.Errorf("the first: %d, want 200", code)
		}
		time.Sleep(patience) // one of those that waited is served all the time
		served, lost := second, third
		select {
		case code := <-second:
			second <- code
			served, lost = third, second
		default:
		}
		if code := <-lost; code != http.StatusServiceUnavailable {
			t.Errorf("that lost its patience: %d, want 503", code)
		}
		leave <- struct{}{}
		if code := <-served; code != http.StatusOK {
			t.Errorf("that had waited for a place: %d, want 200", code)
		}
	})
}
