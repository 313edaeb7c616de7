package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":            "",
		"Bearer":      "",
		"Bearer ":     "",
		"Bearer a.b":  "a.b",
		"bearer  a ":  "a",
		"Basic a":     "",
		"Bearers a":   "",
		"a":           "",
		"Bearer a b ": "a b",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("Authorization", header)
		if got := httpapi.Bearer(r); got != want {
			t.Errorf("%q: token %q, want %q", header, got, want)
		}
	}
}
