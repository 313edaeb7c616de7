package httpapi_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"kubejobs/shared/platform/httpapi"
)

func TestCompress(t *testing.T) {
	t.Parallel()
	const long = 2000
	answer := strings.Repeat("progress ", long)
	handler := httpapi.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/refused":
			httpapi.Refuse(w, http.StatusBadRequest, answer)
		case "/empty":
			w.WriteHeader(http.StatusOK)
		case "/panic":
			panic("nothing was written")
		default:
			w.Header().Set("Content-Length", "18000")
			_, _ = io.WriteString(w, answer[:len(answer)/2])
			_, _ = io.WriteString(w, answer[len(answer)/2:])
		}
	}))
	tests := map[string]struct {
		method, path, accept string
		status               int
		small                bool
	}{
		"accepted":            {http.MethodGet, "/", "br;q=1.0, GZIP;q=0.5", 200, true},
		"an error":            {http.MethodGet, "/refused", "gzip", 400, true},
		"not accepted":        {http.MethodGet, "/", "br", 200, false},
		"refused":             {http.MethodGet, "/", "gzip;q=0", 200, false},
		"nothing is accepted": {http.MethodGet, "/", "", 200, false},
		"an empty body":       {http.MethodGet, "/empty", "gzip", 200, true},
		"a caller of HEAD":    {http.MethodHead, "/", "gzip", 200, false},
		"a panic":             {http.MethodGet, "/panic", "gzip", 500, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, http.NoBody)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			httpapi.Guard(roomy, quiet(), handler).ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("Vary") != "Accept-Encoding" || (w.Header().Get("Content-Encoding") == "gzip") != tt.small {
				t.Errorf("answer %d %v", w.Code, w.Header())
			}
			text := w.Body.String()
			if tt.small {
				if w.Header().Get("Content-Length") != "" || len(text) > len(answer)/10 {
					t.Errorf("%d bytes of %d, Content-Length %q", len(text), len(answer), w.Header().Get("Content-Length"))
				}
				text = plain(t, w.Body)
			}
			if tt.path != "/panic" && tt.path != "/empty" && !strings.Contains(text, answer) {
				t.Errorf("the text has %d bytes, want %d", len(text), len(answer))
			}
		})
	}
}

// Answers at the same time do not get into one another.
func TestCompressAtOnce(t *testing.T) {
	t.Parallel()
	handler := httpapi.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 100 {
			_, _ = io.WriteString(w, r.URL.Path)
		}
	}))
	var callers sync.WaitGroup
	for _, path := range []string{"/a", "/b", "/c", "/d"} {
		callers.Go(func() {
			for range 50 {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
				r.Header.Set("Accept-Encoding", "gzip")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if got := plain(t, w.Body); got != strings.Repeat(path, 100) {
					t.Errorf("%s got %q", path, got)
				}
			}
		})
	}
	callers.Wait()
}

func plain(t *testing.T, small io.Reader) string {
	t.Helper()
	reader, err := gzip.NewReader(small)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
