package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	loads := []string{
		`<link rel="icon" type="image/svg+xml" href="/ui/assets/api/icon.svg">`,
		`<link rel="stylesheet" href="/ui/assets/api/base.css">`,
		`<link rel="stylesheet" href="/ui/api/style.css">`,
		`<img src="/ui/assets/api/icon.svg" alt="" width="26" height="26">`,
	}
	if diff := cmp.Diff(loads, element.FindAllString(page, -1)); diff != "" {
		t.Errorf("what the page loads (-want +got):\n%s", diff)
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
		case (name == "href" || name == "src") && strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//"):
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

// The stylesheet needs nothing of another server. Its colours are those of the pages, which
// know the dark.
func TestStyle(t *testing.T) {
	t.Parallel()
	style := get(t, openapi.NewStyle(), "").Body.String()
	for _, unwanted := range []string{"url(", "@import", "http", "rgb(", ": #"} {
		if strings.Contains(style, unwanted) {
			t.Errorf("the stylesheet has %s", unwanted)
		}
	}
	base, err := os.ReadFile("../ui/assets/base.css")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`var\((--[\w-]+)\)`).FindAllStringSubmatch(style, -1)
	if len(used) == 0 {
		t.Error("the stylesheet uses no colour of the pages")
	}
	for _, match := range used {
		if !strings.Contains(string(base), match[1]+":") {
			t.Errorf("the pages have no colour %s", match[1])
		}
	}
}
