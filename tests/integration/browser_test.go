package integration_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kubejobs/shared/testkit/redistest"
)

// A page in a browser on the machine can neither call the program across origins nor
// under a name of its own that resolves to loopback. Programs can, and so can a
// browser that other machines' names lead to.
func TestRequestsOfForeignPages(t *testing.T) {
	t.Parallel()
	state := redistest.StartState(t)
	settings := func(host string) func(string) []string {
		return func(addr string) []string {
			_, port, _ := strings.Cut(addr, ":")
			return []string{"LISTEN_ADDRESS=" + host + ":" + port, "LOG_LEVEL=error", "STATE_REDIS_URL=" + state.URL()}
		}
	}
	local, loopback := run(t, "local", settings("127.0.0.1")), run(t, "serve", settings("localhost"))
	open := run(t, "serve", settings("0.0.0.0"))
	tests := map[string]struct {
		host, origin                string
		local, loopback, everywhere int // status of PUT /monitoring/no-such-job/stop
	}{
		"a program":                   {"", "", 400, 400, 400},
		"a program by name":           {"localhost", "", 400, 400, 400},
		"a page of another origin":    {"", "https://example.org", 403, 403, 403},
		"a page without an origin":    {"", "null", 403, 403, 403},
		"a name that was rebound":     {"example.org", "http://example.org", 403, 403, 400},
		"that name without an origin": {"example.org", "", 403, 403, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for s, want := range map[*server]int{local: tt.local, loopback: tt.loopback, open: tt.everywhere} {
				if got := s.stopFrom(t.Context(), tt.host, tt.origin); got != want {
					t.Errorf("%s: %d, want %d", s.Addr(), got, want)
				}
			}
		})
	}
}

// stopFrom stops a job that does not exist, as a page would, and returns the status.
func (s *server) stopFrom(ctx context.Context, host, origin string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+s.Addr()+"/monitoring/no-such-job/stop", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = host
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	status, _, err := s.do(request)
	if err != nil {
		s.t.Error(err)
	}
	return status
}
