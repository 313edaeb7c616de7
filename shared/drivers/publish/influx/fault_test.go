package influx_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/testkit/influxtest"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	login := influx.Options{User: "u", Password: "hunter2"}
	token := influx.Options{Org: "o", Bucket: "b", Token: "hunter2"}
	long := func(text string) string {
		body, err := json.Marshal(map[string]string{"error": text})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	tests := map[string]struct {
		options influx.Options
		status  int
		body    string
		kind    failure.Kind
		want    string // the end of the error
	}{
		"no such database":         {login, 404, `{"error":"database not found: \"asperathos\""}`, failure.KindRefused, "answers 404: no such database"},
		"no login":                 {login, 401, `{"error":"authorization failed"}`, failure.KindRefused, "answers 401: the login is wrong"},
		"a partial write":          {login, 400, `{"error":"partial write: field type conflict dropped=1"}`, failure.KindRefused, "answers 400: another type of value is stored"},
		"2.x's error":              {token, 404, `{"code":"not found","message":"bucket \"b\" not found"}`, failure.KindRefused, "answers 404: no such database"},
		"too many":                 {token, 429, `{"code":"too many requests","message":"write limit"}`, failure.KindUnavailable, "answers 429: too many requests"},
		"a request too slow":       {login, 408, "", failure.KindUnavailable, "answers 408"},
		"a server error":           {login, 500, `{"error":"timeout"}`, failure.KindUnavailable, "answers 500: it timed out"},
		"a proxy's page":           {login, 503, "<html>hunter2</html>", failure.KindUnavailable, "answers 503"},
		"another success than 204": {login, 200, `{"results":[]}`, failure.KindInternal, "answers 200, which is not an answer to a write"},
		"it repeats a password":    {login, 400, `{"error":"bad login u hunter2 dTpodW50ZXIy"}`, failure.KindRefused, "answers 400"},
		"it repeats a token":       {token, 403, `{"message":"bad token hunter2"}`, failure.KindRefused, "answers 403: the login may not write"},
		"a long error":             {login, 400, long(strings.Repeat("x", 199) + "€ and on"), failure.KindRefused, "answers 400"},
		"an error of 1 MiB":        {login, 400, long(strings.Repeat("x", 1<<20)), failure.KindRefused, "answers 400"},
		"a secret at the cut":      {login, 400, long(strings.Repeat("x", 196) + "hunter2"), failure.KindRefused, "answers 400"},
		"control characters":       {login, 400, long("a\nb\x1b[31m"), failure.KindRefused, "answers 400"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := record(t, answer(tt.status, tt.body))
			tt.options.URL = server.URL
			_, err := publisher(t, tt.options).Publish(t.Context(), notice(nil))
			if failure.KindOf(err) != tt.kind || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("Publish = %q of kind %q, want … %q of kind %q", err, failure.KindOf(err), tt.want, tt.kind)
			}
			safe(t, err)
			safe(t, errors.New(failure.Detail(err))) // it is logged
			if !strings.HasPrefix(err.Error(), "InfluxDB "+server.Listener.Addr().String()) {
				t.Errorf("Publish = %v, want an error that names the destination", err)
			}
		})
	}
}

// safe checks that an error shows neither a login nor the request's URL.
func safe(t *testing.T, err error) {
	t.Helper()
	for _, shown := range []string{"hunter2", "hunter", "dTpodW50ZXIy", "precision=", "http://"} {
		if strings.Contains(err.Error(), shown) {
			t.Errorf("the error shows %s: %v", shown, err)
		}
	}
}

// A redirect would bypass the check of an address.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			other := record(t, stored)
			server := record(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
			_, err := publisher(t, influx.Options{}).Publish(t.Context(), notice(local(server.port(), "a")))
			if failure.KindOf(err) != failure.KindInternal {
				t.Errorf("Publish = %v, want an error of kind internal", err)
			}
			if got, _ := other.seen(); len(got) != 0 {
				t.Errorf("the redirect was followed: %v", got)
			}
		})
	}
}

// silent returns the port of a listener that answers a request with text and then
// sends nothing more.
func silent(t *testing.T, text string) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = connection.Read(make([]byte, 1)) // the client may be gone
				_, _ = connection.Write([]byte(text))
				_, _ = io.Copy(io.Discard, connection) // until the client goes
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	const short = 50 * time.Millisecond
	tests := map[string]struct {
		text     string // the answer
		options  influx.Options
		deadline time.Duration // of the context; 0: it has none
		kind     failure.Kind
	}{
		"no answer until the context's deadline": {"", influx.Options{Timeout: time.Hour}, short, failure.KindUnavailable},
		"no answer until its own timeout":        {"", influx.Options{Timeout: short}, 0, failure.KindUnavailable},
		"half an answer": {
			"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{", influx.Options{Timeout: time.Hour}, short, failure.KindRefused,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			if tt.deadline > 0 {
				ctx, cancel = context.WithTimeout(t.Context(), tt.deadline)
			}
			defer cancel()
			_, err := publisher(t, tt.options).Publish(ctx, notice(local(silent(t, tt.text), "a")))
			if failure.KindOf(err) != tt.kind {
				t.Errorf("Publish = %v, want kind %q", err, tt.kind)
			}
			safe(t, err)
		})
	}
}

// A write fails while the server is stopped, and succeeds once it runs again.
func TestServerUnreachable(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	p := publisher(t, influx.Options{URL: server.URL(), User: "u", Password: "hunter2"})
	publish := func() error {
		_, err := p.Publish(t.Context(), notice(nil))
		return err
	}
	if err := publish(); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	for range 2 { // over the old connection, and over a new one
		err := publish()
		if !failure.IsRetryable(err) {
			t.Fatalf("Publish to a stopped server = %v, want an error of kind unavailable", err)
		}
		safe(t, err)
	}
	server.Restart()
	if err := publish(); err != nil {
		t.Errorf("Publish to a restarted server: %v", err)
	}
}
