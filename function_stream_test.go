package function

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// func's middleware waits for the requests in flight before it stops the function, so
// a stream must end on the signal.
func TestASignalEndsStreams(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	f := New()
	if err := f.Start(ctx, map[string]string{"LISTEN_ADDRESS": "127.0.0.1:0", "LOG_LEVEL": "error"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(f.Handle))
	defer server.Close()
	call := func(method, body, path string, want int) io.Reader {
		r, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		if response.StatusCode != want {
			t.Fatalf("%s %s: %s, want %d", method, path, response.Status, want)
		}
		return response.Body
	}
	call(http.MethodPost, `{"plugin":"kubejobs","plugin_info":{"expected_time":40,"number_of_jobs":6}}`, "/monitoring/a", http.StatusAccepted)
	stream := call(http.MethodGet, "", "/monitoring/a/events", http.StatusOK)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(stream)
	if err != nil || !strings.HasSuffix(string(text), "\n\nretry: 2000\n\n") {
		t.Errorf("the stream ended with %q, %v, want a hint to reconnect", text, err)
	}
	if err := f.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}
