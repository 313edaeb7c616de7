package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	answer := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	methods := httpapi.Methods{http.MethodPost: answer(http.StatusAccepted), http.MethodGet: answer(http.StatusOK)}
	tests := map[string]struct {
		method string
		status int
		allow  string
	}{
		"get":           {http.MethodGet, 200, ""},
		"post":          {http.MethodPost, 202, ""},
		"head is a get": {http.MethodHead, 200, ""},
		"delete":        {http.MethodDelete, 405, "GET, POST"},
		"options":       {http.MethodOptions, 405, "GET, POST"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			methods.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, "/", http.NoBody))
			if got := w.Header().Get("Allow"); w.Code != tt.status || got != tt.allow {
				t.Errorf("%s = %d, Allow %q, want %d, Allow %q", tt.method, w.Code, got, tt.status, tt.allow)
			}
		})
	}
}

func TestMethodsRefuseAsJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		methods httpapi.Methods
		allow   string
	}{
		"no method":  {httpapi.Methods{}, ""},
		"one method": {httpapi.Methods{http.MethodPut: http.NotFoundHandler()}, "PUT"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			tt.methods.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/", http.NoBody))
			want := httpapi.Failure{Code: 405, Message: "this path takes " + tt.allow, Name: "METHOD_NOT_ALLOWED"}
			if got := decodeFailure(t, w.Body); got != want || w.Code != want.Code {
				t.Errorf("body = %+v with %d, want %+v", got, w.Code, want)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type = %q, want application/json", got)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpapi.NotFound(w, nil)
	want := httpapi.Failure{Code: 404, Message: "no such path", Name: "NOT_FOUND"}
	if got := decodeFailure(t, w.Body); got != want || w.Code != want.Code {
		t.Errorf("NotFound = %d %+v, want %+v", w.Code, got, want)
	}
}

func TestCleanPath(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target string
		status int
		want   string // the escaped path that the next handler gets
	}{
		"root":                      {"/", 200, "/"},
		"a path":                    {"/monitoring/a/report", 200, "/monitoring/a/report"},
		"a trailing slash":          {"/monitoring/", 200, "/monitoring/"},
		"the .json twin":            {"/monitoring/a.json", 200, "/monitoring/a"},
		".json is removed once":     {"/monitoring/a.json.json", 200, "/monitoring/a.json"},
		".json in the middle stays": {"/a.json/stop", 200, "/a.json/stop"},
		".json with a query":        {"/monitoring.json?limit=1", 200, "/monitoring"},
		"an escaped .json":          {"/monitoring/a%2Ejson", 200, "/monitoring/a"},
		"an escaped slash stays":    {"/monitoring/a%2Fb", 200, "/monitoring/a%2Fb"},
		"an escaped slash, .json":   {"/monitoring/a%2Fb.json", 200, "/monitoring/a%2Fb"},
		"dots inside a name":        {"/monitoring/a..b", 200, "/monitoring/a..b"},
		"an empty segment":          {"/monitoring//a", 400, ""},
		"two slashes at the front":  {"//monitoring/a", 400, ""},
		"two slashes at the end":    {"/monitoring/a//", 400, ""},
		"a dot":                     {"/monitoring/./a", 400, ""},
		"a dot at the end":          {"/monitoring/.", 400, ""},
		"two dots":                  {"/monitoring/../plugins", 400, ""},
		"two dots at the end":       {"/monitoring/..", 400, ""},
		"two escaped dots":          {"/monitoring/%2e%2e/plugins", 400, ""},
		"two escaped slashes":       {"/monitoring%2F%2Fa", 400, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, query string
			next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, query = r.URL.EscapedPath(), r.URL.RawQuery
			})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://host"+tt.target, http.NoBody)
			before := *r.URL
			w := httptest.NewRecorder()
			httpapi.CleanPath(next).ServeHTTP(w, r)
			if w.Code != tt.status || got != tt.want {
				t.Errorf("CleanPath(%q) = %d, path %q, want %d, path %q", tt.target, w.Code, got, tt.status, tt.want)
			}
			if w.Code == http.StatusOK && query != before.RawQuery {
				t.Errorf("query = %q, want %q", query, before.RawQuery)
			}
			if w.Code == http.StatusBadRequest && decodeFailure(t, w.Body).Code != http.StatusBadRequest {
				t.Error("the refusal is not in the format of errors")
			}
			if *r.URL != before {
				t.Errorf("the caller's URL changed from %v to %v", before, *r.URL)
			}
		})
	}
}

// A path that ends in .json asks for JSON, whatever Accept says.
func TestCleanPathAsksForJSON(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"/a": "text/csv", "/a.json": "application/json", "/a.json/b": "text/csv"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			var got string
			next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Accept") })
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
			r.Header.Set("Accept", "text/csv")
			httpapi.CleanPath(next).ServeHTTP(httptest.NewRecorder(), r)
			if got != want {
				t.Errorf("Accept = %q, want %q", got, want)
			}
			if before := r.Header.Get("Accept"); before != "text/csv" {
				t.Errorf("the caller's Accept changed to %q", before)
			}
		})
	}
}
