package functions

import (
	"net/http"

	"kubejobs/functions/openapi"
	"kubejobs/shared/platform/httpapi"
)

// routes is a mux that knows its patterns, so that a test can compare them with the
// description of the API.
type routes struct {
	*http.ServeMux
	handlers map[string]http.Handler // by pattern
}

func newRoutes() *routes { return &routes{http.NewServeMux(), map[string]http.Handler{}} }

// Handle adds a handler for a pattern.
func (r *routes) Handle(pattern string, handler http.Handler) {
	r.handlers[pattern] = handler
	r.ServeMux.Handle(pattern, handler)
}

// HandleFunc adds a function as the handler for a pattern.
func (r *routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.Handle(pattern, http.HandlerFunc(handler))
}

// addDescription adds the description of the API. It is called /openapi.json, as each
// path may end in .json.
func addDescription(mux *routes) {
	for path, handler := range map[string]http.Handler{
		"/openapi": openapi.New(), "/ui/api": openapi.NewPage(), "/ui/api/style.css": openapi.NewStyle(),
	} {
		mux.Handle(path, httpapi.Methods{http.MethodGet: handler})
	}
}
