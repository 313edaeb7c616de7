// Package ui serves the page: the list of jobs at /ui/ and, for browsers, at /, and a page
// for each job at /ui/jobs/{id}. The server renders each page with its data; scripts then
// keep it up to date with the stream /overview/events.
package ui

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type reader interface {
	Overview(ctx context.Context, v monitor.View) (monitor.Overview, error)
	Status(ctx context.Context, id job.ID) (monitor.Status, error)
	Samples(ctx context.Context, id job.ID, in monitor.SampleRange) (monitor.Samples, error)
}

// Options are what the pages need.
type Options struct {
	Service reader
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now
}

// pages serves the pages.
type pages struct {
	Options
	assets    *assets
	templates templates
}

// New returns the handler of / and of everything below /ui/.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	assets := newAssets()
	p := &pages{o, assets, newTemplates(assets)}
	mux := http.NewServeMux()
	get := func(path string, serve http.HandlerFunc) { mux.Handle(path, httpapi.Methods{http.MethodGet: serve}) }
	get("/{$}", p.list)
	get("/ui/{$}", p.list)
	get("/ui/jobs/{id}", p.job)
	get("/ui/assets/{version}/{name}", assets.serve)
	get("/", p.unknown)
	return mux
}

func (p *pages) unknown(w http.ResponseWriter, r *http.Request) {
	p.fail(w, r, problem{status: http.StatusNotFound, heading: "There is no such page", text: "The address may be mistyped.", again: "/ui/"})
}
