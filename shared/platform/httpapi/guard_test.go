package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/platform/logging"
)

// roomy is limits that no test here reaches.
var roomy = httpapi.Limits{Body: 1 << 20, Read: time.Minute, Write: time.Minute}

// reading answers 200 with the body.
func reading(w http.ResponseWriter, r *http.Request) {
	if body, ok := httpapi.ReadBody(w, r); ok {
		_, _ = w.Write(body)
	}
}

func TestGuardLimitsTheBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   string
		status int
	}{
		"under": {"123", 200},
		"exact": {"1234", 200},
		"over":  {"12345", 413},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := roomy
			limits.Body = 4
			server := httptest.NewServer(httpapi.Guard(limits, quiet(), http.HandlerFunc(reading)))
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != tt.status {
				t.Errorf("status of %d bytes = %d, want %d", len(tt.body), response.StatusCode, tt.status)
			}
		})
	}
}

func TestGuardAnswersAPanic(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ cause any }{
		"a text":   {"index 7"},
		"an error": {errors.New("index 7")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines strings.Builder
			next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(tt.cause) })
			w := httptest.NewRecorder()
			httpapi.Guard(roomy, logging.New(&lines, slog.LevelError), next).
				ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring/a", http.NoBody))
			want := httpapi.Failure{Code: 500, Message: "internal error", Name: "INTERNAL_SERVER_ERROR"}
			if got := decodeFailure(t, w.Body); got != want || w.Code != want.Code {
				t.Errorf("answer = %d %+v, want %+v", w.Code, got, want)
			}
			for _, part := range []string{`"msg":"panic"`, `"path":"/monitoring/a"`, "index 7", "guard_test.go"} {
				if !strings.Contains(lines.String(), part) {
					t.Errorf("the log has no %s: %s", part, lines.String())
				}
			}
		})
	}
}

func TestGuardPassesAnAbortOn(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	defer func() {
		if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want %v", got, http.ErrAbortHandler)
		}
		if lines.Len() > 0 {
			t.Errorf("an abort was logged: %s", lines.String())
		}
	}()
	httpapi.Guard(roomy, logging.New(&lines, slog.LevelDebug), next).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	t.Error("the panic was not passed on")
}

// A sender that stops in the middle of its body is refused. Without a read deadline
// this test would not end.
func TestGuardRefusesAStalledBody(t *testing.T) {
	t.Parallel()
	limits := roomy
	limits.Read = 50 * time.Millisecond
	server := httptest.NewServer(httpapi.Guard(limits, quiet(), http.HandlerFunc(reading)))
	defer server.Close()
	connection := dial(t, server)
	fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	defer response.Body.Close()
	if got := decodeFailure(t, response.Body); response.StatusCode != http.StatusBadRequest || got.Name != "BAD_REQUEST" {
		t.Errorf("answer = %d %+v, want 400 BAD_REQUEST", response.StatusCode, got)
	}
}

// The read deadline is for the body. A handler that works for longer, such as a start
// that waits for its schedule, keeps its context, its answer and its connection.
func TestGuardLetsASlowHandlerWork(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ request string }{
		"with a body":    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"},
		"without a body": {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := roomy
			limits.Read = 50 * time.Millisecond
			slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, ok := httpapi.ReadBody(w, r); !ok {
					return
				}
				select {
				case <-r.Context().Done():
					httpapi.Refuse(w, http.StatusServiceUnavailable, "the context ended: "+r.Context().Err().Error())
				case <-time.After(4 * limits.Read): // work
					httpapi.Respond(w, http.StatusOK, struct{}{})
				}
			})
			server := httptest.NewServer(httpapi.Guard(limits, quiet(), slow))
			defer server.Close()
			connection := dial(t, server)
			reader := bufio.NewReader(connection)
			for i := range 2 { // on one connection
				fmt.Fprint(connection, tt.request)
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Fatalf("read answer %d: %v", i, err)
				}
				text, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK || err != nil {
					t.Errorf("answer %d = %d %s, %v, want 200", i, response.StatusCode, text, err)
				}
			}
		})
	}
}

func dial(t *testing.T, server *httptest.Server) net.Conn {
	t.Helper()
	var dialer net.Dialer
	connection, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}
