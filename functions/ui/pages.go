// Package ui serves the page: the list of jobs at /ui/ and, for browsers, at /, and a page
// for each job at /ui/jobs/{id}. Scripts fill the pages with the stream /overview/events and
// keep them up to date.
package ui

import (
	"bytes"
	"embed"
	"net/http"
	"sync"

	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/httpapi"
)

//go:generate go run ./generate

// pageFiles are the pages, which the command generate makes of the templates. They have no
// data: a script fills them. Executing templates in the program would cost 11 MB of it, as
// the linker then keeps every exported method.
//
//go:embed pages/*.html
var pageFiles embed.FS

// version stands for that of the assets in a page.
const version = "VERSION"

// pages are the pages by name, with the paths of the assets.
type pages map[string]asset

func newPages(a *assets) pages {
	p := pages{}
	for _, name := range []string{"list", "job", "message"} {
		text, err := pageFiles.ReadFile("pages/" + name + ".html")
		if err != nil {
			panic(err) // files are part of the program
		}
		p[name] = newAsset("text/html; charset=utf-8", bytes.ReplaceAll(text, []byte(version), []byte(a.version)))
	}
	return p
}

// serve serves a page with a status.
func (p pages) serve(w http.ResponseWriter, r *http.Request, name string, status int) {
	w.Header().Set("Cache-Control", "no-cache")
	p[name].serve(w, r, status)
}

// job serves the page of a job, whether that exists or not: the script waits for it.
func (p pages) job(w http.ResponseWriter, r *http.Request) {
	if _, err := job.ParseID(r.PathValue("id")); err != nil {
		p.serve(w, r, "message", http.StatusNotFound)
		return
	}
	p.serve(w, r, "job", http.StatusOK)
}

// New returns the handler of / and of everything below /ui/. It reads its files at the
// first request, as most instances are asked for ticks only.
func New() http.Handler {
	built := sync.OnceValue(newMux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { built().ServeHTTP(w, r) })
}

func newMux() *http.ServeMux {
	assets := newAssets()
	p := newPages(assets)
	mux := http.NewServeMux()
	get := func(path string, serve http.HandlerFunc) { mux.Handle(path, httpapi.Methods{http.MethodGet: serve}) }
	list := func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, "list", http.StatusOK) }
	get("/{$}", list)
	get("/ui/{$}", list)
	get("/ui/jobs/{id}", p.job)
	get("/ui/assets/{version}/{name}", assets.serve)
	get("/", func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, "message", http.StatusNotFound) })
	return mux
}
