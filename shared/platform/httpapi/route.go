package httpapi

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// Methods serves a path with one handler for each method. Any other method is 405.
type Methods map[string]http.Handler

func (m Methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler, ok := m[method]; ok {
		handler.ServeHTTP(w, r)
		return
	}
	allowed := make([]string, 0, len(m))
	for name := range m {
		allowed = append(allowed, name)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	Refuse(w, http.StatusMethodNotAllowed, "this path takes "+strings.Join(allowed, ", "))
}

// NotFound answers 404.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	Refuse(w, http.StatusNotFound, "no such path")
}

// CleanPath refuses with 400 a path that a router would rewrite (empty segments,
// "." and ".."). It serves a path that ends in ".json" like the path without it,
// as the Asperathos Monitor does; such a path asks for JSON whatever Accept says.
func CleanPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean("/" + r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "/") && clean != "/" {
			clean += "/"
		}
		if clean != r.URL.Path {
			Refuse(w, http.StatusBadRequest, "the path has an empty segment, a '.' or a '..'")
			return
		}
		if bare, ok := strings.CutSuffix(r.URL.Path, ".json"); ok {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = bare, strings.TrimSuffix(r.URL.RawPath, ".json")
			r.Header.Set("Accept", "application/json")
		}
		next.ServeHTTP(w, r)
	})
}
