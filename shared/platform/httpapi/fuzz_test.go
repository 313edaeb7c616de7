package httpapi_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path"
	"strings"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

// A path that is served has one spelling, without the suffix.
func FuzzCleanPath(f *testing.F) {
	for _, text := range []string{"/", "/a", "/a/", "/a.json", "/a/../b", "//", "/./a", "/.json", "/a.json.json", "a", "/a/.json/", "/%2e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		served := ""
		handler := httpapi.CleanPath(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { served = r.URL.Path + " " + r.Header.Get("Accept") }))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.URL.Path = text
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		slash := ""
		if strings.HasSuffix(text, "/") && path.Clean("/"+text) != "/" {
			slash = "/"
		}
		want := ""
		if text == path.Clean("/"+text)+slash {
			bare, isJSON := strings.CutSuffix(text, ".json")
			want = bare + " " + map[bool]string{true: "application/json"}[isJSON]
		}
		if served != want || (served == "") != (w.Code == http.StatusBadRequest) {
			t.Errorf("%q: status %d, served %q, want %q", text, w.Code, served, want)
		}
	})
}

// Only a loopback host, or one that the program has, is served.
func FuzzHosts(f *testing.F) {
	for _, host := range []string{
		"", "localhost", "LOCALHOST.:80", "127.0.0.1", "[::1]:1", "[::ffff:127.0.0.1]", "::1", "127.1", "localhost.example", "kubejobs", "KuBeJobs:1",
		"\u212aubejobs", "0.0.0.0", "[", "[]", ":", "localhost:1:2", "127.0.0.1%lo", "[::1%lo]:1",
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		served := false
		handler := httpapi.RefuseForeignHosts(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }), "kubejobs:8080")
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if served == (w.Code == http.StatusForbidden) {
			t.Fatalf("%q: status %d, served %t", host, w.Code, served)
		}
		if !served {
			return
		}
		name := host
		if before, _, err := net.SplitHostPort(host); err == nil {
			name = before
		}
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), ".")
		address, err := netip.ParseAddr(name)
		if name != "" && !strings.EqualFold(name, "localhost") && !strings.EqualFold(name, "kubejobs") && (err != nil || !address.Unmap().IsLoopback()) {
			t.Errorf("%q is served", host)
		}
		if strings.ContainsFunc(name, func(c rune) bool { return c > '~' }) && err != nil {
			t.Errorf("%q is served, which is not in ASCII", host)
		}
	})
}
