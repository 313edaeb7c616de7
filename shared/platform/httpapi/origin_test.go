package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/testkit/failuretest"
)

func TestRefuseCrossOrigin(t *testing.T) {
	t.Parallel()
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	tests := map[string]struct {
		method string
		header http.Header
		want   int
	}{
		"a program":                         {http.MethodPost, header(), 200},
		"a program's PUT":                   {http.MethodPut, header(), 200},
		"the own page":                      {http.MethodPost, header("Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"), 200},
		"typed by the user":                 {http.MethodPost, header("Sec-Fetch-Site", "none"), 200},
		"the own page in an old browser":    {http.MethodPost, header("Origin", "http://127.0.0.1:8080"), 200},
		"another site":                      {http.MethodPost, header("Origin", "https://example.org", "Sec-Fetch-Site", "cross-site"), 403},
		"another site without an origin":    {http.MethodPost, header("Sec-Fetch-Site", "cross-site"), 403},
		"another port":                      {http.MethodPost, header("Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", "same-site"), 403},
		"another site in an old browser":    {http.MethodPut, header("Origin", "https://example.org"), 403},
		"a page without an origin":          {http.MethodPost, header("Origin", "null"), 403},
		"another site's PUT":                {http.MethodPut, header("Sec-Fetch-Site", "cross-site"), 403},
		"another site's DELETE":             {http.MethodDelete, header("Sec-Fetch-Site", "cross-site"), 403},
		"a link on another site":            {http.MethodGet, header("Sec-Fetch-Site", "cross-site"), 200},
		"a site that says it is a CE event": {http.MethodPost, header("Origin", "https://example.org", "Ce-Specversion", "1.0"), 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), tt.method, "http://127.0.0.1:8080/monitoring/a", http.NoBody)
			r.Header = tt.header
			expectStatus(t, httpapi.RefuseCrossOrigin(ok), r, tt.want)
		})
	}
}

func TestRefuseForeignHosts(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"127.0.0.1:8080":          200,
		"127.0.0.1":               200,
		"127.8.9.10:8080":         200,
		"[::1]:8080":              200,
		"[::1]":                   200,
		"[::ffff:127.0.0.1]:8080": 200,
		"localhost:8080":          200,
		"LocalHost":               200,
		"localhost.:8080":         200,
		"localhost:1":             200,
		"my-machine:8080":         200,
		"MY-MACHINE.":             200,
		"":                        200, // HTTP/1.0

		"example.org":               403,
		"example.org:8080":          403,
		"localhost.example.org":     403,
		"127.0.0.1.example.org":     403,
		"127.0.0.1.nip.io:8080":     403,
		"example.localhost.org":     403,
		"notlocalhost":              403,
		"my-machine.example.org":    403,
		"192.168.1.2:8080":          403,
		"0.0.0.0:8080":              403,
		"[::]:8080":                 403,
		"[fe80::1%25eth0]:8080":     403,
		"[2001:db8::1]":             403,
		"2130706433:8080":           403, // 127.0.0.1 as a number
		"localhost@example.org":     403,
		"my-mach\u0130ne":           403, // whose lower case is an i
		"localhost,example.org":     403,
		"localhost:8080:8080":       403,
		"169.254.169.254":           403,
		"[::ffff:192.168.1.2]:8080": 403,
	}
	for host, want := range tests {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r := httptest.NewRequestWithContext(t.Context(), method, "/monitoring", http.NoBody)
				r.Host = host
				expectStatus(t, httpapi.RefuseForeignHosts(ok, "My-Machine"), r, want)
			}
		})
	}
}

// ok answers 200.
var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// expectStatus expects a status, and with a refusal the reason in JSON.
func expectStatus(t *testing.T, handler http.Handler, r *http.Request, want int) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != want {
		t.Errorf("%s of %s: %d, want %d", r.Method, r.Host, w.Code, want)
	}
	if want != http.StatusOK && failuretest.Message(t, w) == "" {
		t.Errorf("%s of %s: the refusal says nothing", r.Method, r.Host)
	}
}
