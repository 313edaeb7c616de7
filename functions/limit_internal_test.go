package functions

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"kubejobs/shared/platform/config"
)

// While MAX_REQUESTS are served, a call waits for its place, and an event is refused at once:
// its sender repeats it.
func TestCallsWaitAndEventsDoNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		set := &Set{cfg: config.Config{MaxRequests: 1}}
		handler := set.limited(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
		serve := func(headers ...string) chan int {
			code := make(chan int, 1)
			go func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/monitoring/a", http.NoBody)
				for _, name := range headers {
					r.Header.Set(name, "1.0")
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				code <- w.Code
			}()
			synctest.Wait()
			return code
		}
		calls := []chan int{serve(), serve(), serve()}
		event := serve("Ce-Specversion", "Ce-Id")
		if code := <-serve("Ce-Specversion", "Ce-Id"); code != http.StatusServiceUnavailable {
			t.Errorf("a second event: %d, want 503 at once", code)
		}
		if code := <-serve(); code != http.StatusServiceUnavailable {
			t.Errorf("a call for which there is no room to wait: %d, want 503", code)
		}
		close(leave)
		for _, call := range append(calls, event) {
			if code := <-call; code != http.StatusOK {
				t.Errorf("%d, want 200", code)
			}
		}
	})
}
