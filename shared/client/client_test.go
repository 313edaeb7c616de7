package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"kubejobs/shared/client"
	"kubejobs/shared/monitor"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"as it is":          {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		"https":             {"https://kubejobs.example/base", "https://kubejobs.example/base"},
		"an address":        {"127.0.0.1:8080", "http://127.0.0.1:8080"},
		"a name and a port": {"localhost:8080", "http://localhost:8080"},
		"IPv6":              {"[::1]:8080", "http://[::1]:8080"},
		"another scheme":    {"redis://127.0.0.1:6379", ""},
		"a path":            {"/tmp/kubejobs.sock", ""},
		"nothing":           {"", client.DefaultServer},
		"a blank":           {" ", ""},
		"a password":        {"https://u:secret@kubejobs.example", "https://u:xxxxx@kubejobs.example"},
		"one that is wrong": {"redis://u:secret@kubejobs.example", ""},
		"one without sense": {"http://u:secret@%zz", ""},
		"a query":           {"http://127.0.0.1:8080/?a=b#c", "http://127.0.0.1:8080/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := client.New(client.Options{Server: tt.text})
			if err != nil {
				if !errors.Is(err, client.ErrInvalid) || tt.want != "" || strings.Contains(err.Error(), "secret") {
					t.Errorf("New(%q) = %v, want %q", tt.text, err, tt.want)
				}
				return
			}
			if got := c.Server(); got != tt.want {
				t.Errorf("New(%q) calls %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// What somebody else's server answers is not taken for kubejobs, and what a router
// answers while kubejobs is down is no reason to end.
func TestStatusKnowsKubejobs(t *testing.T) {
	t.Parallel()
	const (
		good    = "good"
		unknown = "unknown job"
		foreign = "foreign"
		passing = "passing"
		denied  = "denied"
	)
	tests := map[string]struct {
		code int
		body string
		want string
	}{
		"a status":               {200, `{"id":"a","phase":"running"}`, good},
		"unknown":                {404, `{"error_code":404,"error_message":"no such job","error_name":"NOT_FOUND"}`, unknown},
		"another path":           {404, `{"error_code":404,"error_message":"no such path","error_name":"NOT_FOUND"}`, foreign},
		"the store is down":      {503, `{"error_code":503,"error_message":"later","error_name":"X"}`, passing},
		"an internal error":      {500, `{"error_code":500,"error_message":"internal error","error_name":"X"}`, passing},
		"a router":               {502, "bad gateway", passing},
		"a router's JSON":        {503, `{"error":"no healthy upstream"}`, passing},
		"a page":                 {200, "<html></html>", foreign},
		"other JSON":             {200, `{"hello":"world"}`, foreign},
		"the status of another":  {200, `{"id":"b","phase":"running"}`, foreign},
		"a page that is missing": {404, "<html>not found</html>", foreign},
		"JSON of another kind":   {404, `{"status":404}`, foreign},
		"a strange message":      {404, `{"error_code":404,"error_message":"\u001b[31m\u202e"}`, foreign},
		"a strange message, 500": {500, `{"error_code":500,"error_message":"\u001b[31m\u202e"}`, passing},
		"a login":                {401, "", denied},
		"a method":               {405, "", foreign},
		"a foreign host":         {403, `{"error_code":403,"error_message":"another host"}`, denied},
		"another server's 302":   {302, "", foreign},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.code)
				_, _ = w.Write([]byte(tt.body))
			})
			_, err := c.Status(t.Context(), "a")
			got := passing
			switch {
			case err == nil:
				got = good
			case errors.Is(err, monitor.ErrUnknownJob) && errors.Is(err, client.ErrNotFound):
				got = unknown
			case errors.Is(err, client.ErrForeign):
				got = foreign
			case errors.Is(err, client.ErrDenied):
				got = denied
			}
			if got != tt.want {
				t.Errorf("%d %s: %s (%v), want %s", tt.code, tt.body, got, err, tt.want)
			}
			if err == nil {
				return
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("a terminal shows %q", err)
			}
			if got == foreign && !strings.Contains(err.Error(), "this is not kubejobs: "+c.Server()) {
				t.Errorf("error %q does not say what is wrong", err)
			}
			if failed, ok := errors.AsType[*client.Error](err); !ok || failed.Status != tt.code {
				t.Errorf("%v has the status of %d, want %d", err, failed.Status, tt.code)
			}
		})
	}
}

// answering returns a client of a server with a handler, which repeats no call.
func answering(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	return clientOf(t, handler, client.Options{Retries: -1})
}

func clientOf(t *testing.T, handler http.HandlerFunc, o client.Options) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o.Server = server.URL
	c, err := client.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
