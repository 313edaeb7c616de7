package functions_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
)

// What the page of the API loads, and what it leads to, is served beside it.
func TestThePageOfTheAPIIsWhole(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{})
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.Header.Set("Accept", "text/html")
		return s.serve(config.TargetMonitor, r)
	}
	addresses := regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(get("/ui/api").Body.String(), -1)
	if least := 6; len(addresses) < least {
		t.Fatalf("the page has %d addresses, want at least %d", len(addresses), least)
	}
	for _, match := range addresses {
		if got := get(match[1]); got.Code != http.StatusOK {
			t.Errorf("GET %s: %d, want 200", match[1], got.Code)
		}
	}
}
