package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

func TestCaller(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		peer      string
		forwarded []string // headers
		proxies   int
		want      string
	}{
		"no proxy":                      {"10.0.0.9:1234", nil, 0, "10.0.0.9"},
		"no proxy, a forged header":     {"10.0.0.9:1234", []string{"1.1.1.1"}, 0, "10.0.0.9"},
		"a proxy":                       {"127.0.0.1:1234", []string{"10.0.0.9"}, 1, "10.0.0.9"},
		"a proxy, a forged entry":       {"127.0.0.1:1234", []string{"1.1.1.1, 10.0.0.9"}, 1, "10.0.0.9"},
		"a proxy, a forged header":      {"127.0.0.1:1234", []string{"1.1.1.1", "2.2.2.2,10.0.0.9"}, 1, "10.0.0.9"},
		"three proxies":                 {"127.0.0.1:1234", []string{"10.0.0.9, 10.0.0.7, 10.0.0.8"}, 3, "10.0.0.9"},
		"three proxies, a forged entry": {"127.0.0.1:1234", []string{"1.1.1.1,10.0.0.9,10.0.0.7,10.0.0.8"}, 3, "10.0.0.9"},
		"past some of the proxies":      {"10.0.0.9:1234", []string{"1.1.1.1"}, 3, "10.0.0.9"},
		"past all of the proxies":       {"10.0.0.9:1234", nil, 1, "10.0.0.9"},
		"an entry that is no address":   {"10.0.0.9:1234", []string{"unknown"}, 1, "10.0.0.9"},
		"an entry with a port":          {"127.0.0.1:1234", []string{"10.0.0.9:80"}, 1, "10.0.0.9"},
		"mapped IPv4":                   {"[::ffff:10.0.0.9]:1234", nil, 0, "10.0.0.9"},
		"IPv6":                          {"[2001:db8:1:2:3:4:5:6]:1234", nil, 0, "2001:db8:1:2::/64"},
		"the same network":              {"[2001:db8:1:2::9]:1234", nil, 0, "2001:db8:1:2::/64"},
		"IPv6 in brackets":              {"127.0.0.1:1234", []string{"[2001:db8:1:2::9]"}, 1, "2001:db8:1:2::/64"},
		"IPv6 with a zone":              {"[fe80::1%eth0]:1234", nil, 0, "fe80::/64"},
		"a socket without an address":   {"@", nil, 0, ""},
		"many entries":                  {"127.0.0.1:1234", []string{strings.Repeat("1.1.1.1,", 2000) + "10.0.0.9"}, 1, "10.0.0.9"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			if got := httpapi.Caller(r, tt.proxies); got != tt.want {
				t.Errorf("Caller = %q, want %q", got, tt.want)
			}
		})
	}
}
