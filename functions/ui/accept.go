package ui

import (
	"net/http"

	"kubejobs/shared/platform/httpapi"
)

// WantsPage reports whether a request is that of a browser that wants a page: its Accept
// names text/html. That of a program says */* at most.
func WantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && httpapi.Accepts(r.Header.Values("Accept"), "text/html")
}
