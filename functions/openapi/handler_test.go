package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kubejobs/functions/openapi"
)

func get(t *testing.T, handler http.Handler, tag string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// A client that has a text already does not get it again.
func TestETag(t *testing.T) {
	t.Parallel()
	tags := map[string]bool{}
	for name, tt := range map[string]struct {
		handler     http.Handler
		contentType string
	}{
		"document": {openapi.New(), "application/json"},
		"page":     {openapi.NewPage(), "text/html; charset=utf-8"},
		"style":    {openapi.NewStyle(), "text/css; charset=utf-8"},
	} {
		first := get(t, tt.handler, "")
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || first.Header().Get("Content-Type") != tt.contentType || first.Body.Len() == 0 || tag == "" || tags[tag] {
			t.Errorf("%s: %d, %d bytes of %s, ETag %s", name, first.Code, first.Body.Len(), first.Header().Get("Content-Type"), tag)
		}
		tags[tag] = true
		if again := get(t, tt.handler, tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again: %d with %d bytes, want 304", name, again.Code, again.Body.Len())
		}
		if other := get(t, tt.handler, `"other"`); other.Code != http.StatusOK {
			t.Errorf("%s with another ETag: %d, want 200", name, other.Code)
		}
		if policy := first.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
	}
}

var (
	attribute = regexp.MustCompile(`\s(id|href|src|style|on\w+)="([^"]*)"`)
	element   = regexp.MustCompile(`<(script|style|img|iframe|form|link)\b[^>]*>`)
)

// The page needs nothing of another server and no script, and each link in it leads
// somewhere.
func TestPage(t *testing.T) {
	t.Parallel()
	page := get(t, openapi.NewPage(), "").Body.String()
	loaded := []string{
		`<link rel="icon" type="image/svg+xml" href="/ui/assets/any/icon.svg">`, `<link rel="stylesheet" href="/ui/api/style.css">`,
	}
	if found := element.FindAllString(page, -1); !slices.Equal(found, loaded) {
		t.Errorf("the page loads %q, want %q", found, loaded)
	}
	ids, links := map[string]bool{}, map[string]bool{}
	for _, match := range attribute.FindAllStringSubmatch(page, -1) {
		switch name, value := match[1], match[2]; {
		case name == "id" && ids[value]:
			t.Errorf("two elements have the id %s", value)
		case name == "id":
			ids[value] = true
		case name == "href" && strings.HasPrefix(value, "#"):
			links[value[1:]] = true
		case name == "href" && strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//"):
		default:
			t.Errorf("the page has %s", match[0])
		}
	}
	for target := range links {
		if !ids[target] {
			t.Errorf("a link leads to #%s, which does not exist", target)
		}
	}
	for _, id := range []string{"startJob", "getStatus", "followOverview", "schema-Status", "content"} {
		if !ids[id] {
			t.Errorf("the page has no element %s", id)
		}
	}
}

// The stylesheet needs nothing of another server, and knows a dark page.
func TestStyle(t *testing.T) {
	t.Parallel()
	style := get(t, openapi.NewStyle(), "").Body.String()
	for _, unwanted := range []string{"url(", "@import", "http"} {
		if strings.Contains(style, unwanted) {
			t.Errorf("the stylesheet has %s", unwanted)
		}
	}
	if !strings.Contains(style, "prefers-color-scheme: dark") {
		t.Error("the stylesheet has no colours for the dark")
	}
}
