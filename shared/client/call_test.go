package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/client"
	"kubejobs/shared/monitor"
)

// Only what is safe is repeated.
func TestRetries(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, c *client.Client) error {
		t.Helper()
		_, err := c.Start(t.Context(), monitor.Request{ID: "a", Budget: time.Second})
		return err
	}
	status := func(t *testing.T, c *client.Client) error {
		t.Helper()
		_, err := c.Status(t.Context(), "a")
		return err
	}
	stop := func(t *testing.T, c *client.Client) error {
		t.Helper()
		return c.Stop(t.Context(), "a")
	}
	const cut = 0 // the connection is closed without an answer
	tests := map[string]struct {
		call  func(*testing.T, *client.Client) error
		code  int
		calls int32
	}{
		"a status, not now":     {status, 503, 3},
		"a status, a router":    {status, 502, 3},
		"a status, refused":     {status, 400, 1},
		"a status, a bug":       {status, 500, 1},
		"a start, not now":      {start, 503, 3},
		"a start, a router":     {start, 502, 1}, // it may have been started
		"a start, beyond":       {start, 429, 1},
		"a start, conflicting":  {start, 400, 1},
		"a start, no answer":    {start, cut, 1},
		"a stop, not now":       {stop, 503, 3},
		"a stop, no answer":     {stop, cut, 1},
		"a status, no kubejobs": {status, 404, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				if tt.code == cut {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(tt.code)
				fmt.Fprintf(w, `{"error_code":%d,"error_message":"no"}`, tt.code)
			}, client.Options{Retries: 2})
			if err := tt.call(t, c); err == nil || calls.Load() != tt.calls {
				t.Errorf("%d calls, want %d: %v", calls.Load(), tt.calls, err)
			}
		})
	}
}

// A call succeeds once the server can answer, and what was never sent is sent again.
func TestRetriesSucceed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}, client.Options{})
	if err := c.Stop(t.Context(), "a"); err != nil || calls.Load() != 3 {
		t.Errorf("after %d calls: %v, want success with the third", calls.Load(), err)
	}
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	refused, err := client.New(client.Options{Server: dead.URL, Retries: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.Stop(t.Context(), "a"); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("without a server: %v, want %v", err, client.ErrUnavailable)
	}
}

// A call ends with its time, and an answer that is too large is refused.
func TestBounds(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { <-stuck }, client.Options{Timeout: 50 * time.Millisecond})
	t.Cleanup(func() { close(stuck) })
	if _, err := c.Status(t.Context(), "a"); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("without an answer: %v, want %v", err, client.ErrUnavailable)
	}
	big := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"a","phase":"running","reason":"` + strings.Repeat("x", 5<<20) + `"}`))
	})
	if _, err := big.Status(t.Context(), "a"); !errors.Is(err, client.ErrForeign) || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a large answer: %v, want it refused", err)
	}
	for _, id := range []string{"", "A", "a/../b", "../../x", "a?b"} {
		untouched := answering(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%q is sent to %s", id, r.URL) })
		if err := untouched.Stop(t.Context(), monitorID(id)); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("the id %q: %v, want %v", id, err, client.ErrInvalid)
		}
	}
}

// The token goes to the server that is named, and nowhere else; no text shows it.
func TestToken(t *testing.T) {
	t.Parallel()
	var seen, redirected atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/monitoring/elsewhere":
			http.Redirect(w, r, other.URL+"/monitoring/elsewhere", http.StatusTemporaryRedirect)
		case "/monitoring/here":
			seen.Store(r.Header.Get("Authorization"))
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
		case "/moved":
			redirected.Store(r.Header.Get("Authorization"))
			_, _ = w.Write([]byte(`{"id":"here","phase":"running"}`))
		case "/monitoring/loop":
			http.Redirect(w, r, "/monitoring/loop", http.StatusFound)
		}
	}, client.Options{Token: "secret", Retries: -1})
	if _, err := c.Status(t.Context(), "here"); err != nil || seen.Load() != "Bearer secret" || redirected.Load() != "" {
		t.Errorf("the server got %q, after a redirect %q: %v", seen.Load(), redirected.Load(), err)
	}
	for _, id := range []string{"elsewhere", "loop"} {
		if _, err := c.Status(t.Context(), monitorID(id)); !errors.Is(err, client.ErrForeign) {
			t.Errorf("%s: %v, want %v", id, err, client.ErrForeign)
		}
	}
	if err := c.Stop(t.Context(), "here"); !errors.Is(err, client.ErrForeign) {
		t.Errorf("a redirected stop: %v", err)
	}
	for _, wrong := range []client.Token{"a\nb", "a b", "ä"} {
		if _, err := client.New(client.Options{Token: wrong}); !errors.Is(err, client.ErrInvalid) || strings.Contains(err.Error(), string(wrong)) {
			t.Errorf("the token %q: %v, want %v", string(wrong), err, client.ErrInvalid)
		}
	}
	text, _ := client.Token("secret").MarshalText()
	shown := fmt.Sprintf("%v %+v %#v %s %s", client.Token("secret"), client.Options{Token: "secret"}, client.Options{Token: "secret"}, text, client.Token("secret").LogValue())
	if strings.Contains(shown, "secret") {
		t.Errorf("a text shows the token: %s", shown)
	}
}
