package jobstatus_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/jobstatus"
)

// event returns the request of an event whose body has size bytes. length is what it
// says of that.
func event(size int, length int64) (*http.Request, *strings.Reader) {
	const job = `{"metadata":{"name":"a","namespace":"batch","resourceVersion":"7"},"spec":{"template":"`
	body := strings.NewReader(job + strings.Repeat("x", size-len(job)-3) + `"}}`)
	r := httptest.NewRequest(http.MethodPost, "/jobs", body)
	r.ContentLength = length
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Source": "https://10.0.0.1:443",
		"Ce-Type": "dev.knative.apiserver.resource.update",
	} {
		r.Header.Set(name, value)
	}
	return r, body
}

func TestLargeJob(t *testing.T) {
	t.Parallel()
	const most = 2 << 20
	for name, tt := range map[string]struct {
		size   int
		length int64
		status int
	}{
		"2 MiB":                         {most, most, http.StatusOK},
		"2 MiB, not said":               {most, -1, http.StatusOK},
		"2 MiB and one byte":            {most + 1, most + 1, http.StatusRequestEntityTooLarge},
		"2 MiB and one byte, not said":  {most + 1, -1, http.StatusRequestEntityTooLarge},
		"much more, and it is not said": {8 << 20, -1, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, body := event(tt.size, tt.length)
			w := httptest.NewRecorder()
			jobstatus.New(&saver{}, parse, "batch", slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			if read := tt.size - body.Len(); w.Code != tt.status || read > most+1 {
				t.Errorf("%d after %d bytes, want %d after %d at most", w.Code, read, tt.status, most+1)
			}
		})
	}
}

// blocked is a body that sends nothing until it is closed.
type blocked chan struct{}

func (b blocked) Read([]byte) (int, error) {
	<-b
	return 0, http.ErrBodyReadAfterClose
}

// Large bodies that are sent slowly hold up other large ones, for a second each, but
// no small ones.
func TestManyLargeJobs(t *testing.T) {
	t.Parallel()
	handler := jobstatus.New(&saver{}, parse, "batch", slog.New(slog.DiscardHandler))
	slow, ended := make(blocked), make(chan struct{})
	for range 8 {
		go func() {
			r := httptest.NewRequest(http.MethodPost, "/jobs", slow)
			r.ContentLength = 1 << 20
			handler.ServeHTTP(httptest.NewRecorder(), r)
			ended <- struct{}{}
		}()
	}
	code := func(size int) int {
		r, _ := event(size, int64(size))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	deadline := time.Now().Add(20 * time.Second)
	for code(100_000) != http.StatusServiceUnavailable {
		if time.Now().After(deadline) {
			t.Fatal("the ninth large body is never refused")
		}
	}
	if got := code(1000); got != http.StatusOK {
		t.Errorf("a small body: %d, want 200", got)
	}
	close(slow)
	for range 8 {
		<-ended
	}
	if got := code(100_000); got != http.StatusOK {
		t.Errorf("a large body afterwards: %d, want 200", got)
	}
}
