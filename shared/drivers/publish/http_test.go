package publish_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/shared/drivers/publish"
)

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	other := errors.New("another error")
	if got := publish.WithoutURL(other); !errors.Is(got, other) {
		t.Errorf("WithoutURL(%v) = %v, want the same error", other, got)
	}
	response, err := http.DefaultClient.Do(request(t, "http://127.0.0.1:1/hunter2"))
	if err == nil {
		response.Body.Close()
		t.Fatal("somebody listens on port 1")
	}
	if got := publish.WithoutURL(err); got == nil || got.Error() == err.Error() || errors.Unwrap(err).Error() != got.Error() {
		t.Errorf("WithoutURL(%v) = %v, want the cause", err, got)
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer http.HandlerFunc
		status int
		length int // of the body
		broken bool
	}{
		"an answer": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("text")) }, 200, 4, false},
		"a redirect is not followed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, 307, 0, false},
		"a long answer": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat("x", 1<<20)))
		}, 200, 16 << 10, false},
		"an answer that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusNotFound)
		}, 404, 0, true},
		"no answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.answer)
			t.Cleanup(server.Close)
			client := publish.NewClient(http.DefaultTransport, nil)
			status, body, err := publish.Do(client, request(t, server.URL+"/hunter2"))
			if status != tt.status || len(body) != tt.length || (err != nil) != tt.broken {
				t.Errorf("Do = %d, %d bytes, %v, want %d, %d bytes, an error: %t", status, len(body), err, tt.status, tt.length, tt.broken)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the URL: %v", err)
			}
		})
	}
}

func TestTransient(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{
		200: false, 301: false, 400: false, 401: false, 404: false, 408: true, 413: false, 429: true, 500: true, 503: true,
	} {
		if got := publish.Transient(status); got != want {
			t.Errorf("Transient(%d) = %t, want %t", status, got, want)
		}
	}
}
