package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
		"nothing":           {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := server(tt.text); got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Server(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

// What somebody else's server answers is not taken for kubejobs, and what a router
// answers while kubejobs is down is no reason to end.
func TestGetStatusKnowsKubejobs(t *testing.T) {
	t.Parallel()
	const (
		good    = "good"
		unknown = "unknown job"
		foreign = "foreign"
		passing = "passing"
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
		"a login":                {401, "", foreign},
		"a method":               {405, "", foreign},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.code)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			_, err := getStatus(t.Context(), server.URL, "a")
			_, isForeign := errors.AsType[*foreignError](err)
			got := passing
			switch {
			case err == nil:
				got = good
			case errors.Is(err, monitor.ErrUnknownJob):
				got = unknown
			case isForeign:
				got = foreign
			}
			if got != tt.want {
				t.Errorf("%d %s: %s (%v), want %s", tt.code, tt.body, got, err, tt.want)
			}
			if err != nil {
				expectLine(t, err.Error())
			}
			if isForeign && !strings.Contains(err.Error(), "this is not kubejobs: "+server.URL) {
				t.Errorf("error %q does not say what is wrong", err)
			}
		})
	}
}
