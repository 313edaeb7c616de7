package openapitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// recorder counts what newJudge would report.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []any
}

func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any)     { r.errors = append(r.errors, args...) }
func (r *recorder) Errorf(string, ...any) { r.errors = append(r.errors, "more") }
func (r *recorder) Helper()               {}
func (r *recorder) end() {
	for _, f := range r.cleanups {
		f()
	}
}

// bare answers 200 with an object that no description allows.
var bare = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", asJSON)
	_, _ = w.Write([]byte(`{"surprise":true}`))
})

func TestHandlerFails(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(testing.TB) http.Handler{
		"a unit": func(tb testing.TB) http.Handler {
			tb.Helper()
			return Handler(tb, "all", bare)
		},
		"an operation": func(tb testing.TB) http.Handler {
			tb.Helper()
			return Operation(tb, "getReport", bare)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			handler := wrap(r)
			for range maxShown + 2 {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring/a/report", strings.NewReader("x")))
				if w.Body.String() != `{"surprise":true}` {
					t.Errorf("the body became %s", w.Body)
				}
			}
			r.end()
			if len(r.errors) != maxShown+1 || !strings.Contains(r.errors[0].(string), "additional propert") {
				t.Errorf("errors %q, want %d and one more", r.errors, maxShown)
			}
		})
	}
}

func TestTransportFails(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(bare)
	t.Cleanup(server.Close)
	r := &recorder{TB: t}
	client := Client(r, "all")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/monitoring/a/report", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || string(text) != `{"surprise":true}` {
		t.Errorf("the body became %s: %v", text, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	r.end()
	if len(r.errors) != 1 {
		t.Errorf("errors %q, want one", r.errors)
	}
}
