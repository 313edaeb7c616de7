package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are the pages by name.
type templates struct{ *template.Template }

func newTemplates(a *assets) templates {
	all := template.New("").Funcs(words).Funcs(template.FuncMap{"asset": a.path})
	return templates{template.Must(all.ParseFS(templateFiles, "templates/*.html"))}
}

// page is what the frame of every page needs.
type page struct {
	Title   string
	Job     string // id of the job that the page is of
	Styles  []string
	Classic []string // scripts that are no modules
	Modules []string // modules that Script imports, to load them early
	Script  string   // "": the page is not live
	Now     time.Time
}

// Assets that the pages load. A worker loads its own modules.
var (
	liveModules = []string{"live.js", "feed.js", "union.js", "text.js", "field.js", "element.js", "call.js"}
	listModules = append([]string{"counts.js", "start.js"}, liveModules...)
	jobModules  = append([]string{"plots.js", "plot.js", "series.js", "happenings.js", "whatif.js", "curve.js", "stop.js"}, liveModules...)
)

// render writes a page. It is not stored: it shows how things are now.
func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var text bytes.Buffer
	if err := p.templates.ExecuteTemplate(&text, name, data); err != nil {
		panic(err) // a mistake of the programmer
	}
	header := w.Header()
	secure(header)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept-Encoding")
	if accepts(r.Header.Values("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		writer := gzip.NewWriter(w)
		_, _ = text.WriteTo(writer) // an error means that the caller is gone
		_ = writer.Close()
		return
	}
	header.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}

// problem is why there is no page.
type problem struct {
	status        int
	heading, text string
	again         string // the address to try again
	job           string // the job whose page comes once the server can show it
}

// fail renders a problem.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, about problem) {
	data := struct {
		page
		Heading, Failure, Again string
	}{
		page:    page{Title: about.heading + " · kubejobs", Job: about.job, Styles: []string{"base.css"}, Now: p.Now()},
		Heading: about.heading, Failure: about.text, Again: about.again,
	}
	if about.job != "" {
		data.Script, data.Modules, data.Classic = "job.js", slices.Clone(jobModules), []string{"uPlot.iife.min.js"}
	}
	p.render(w, r, about.status, "message", data)
}

// explain returns the status and the text of an error. The cause is in the log.
func (p *pages) explain(r *http.Request, err error) (int, string) {
	switch failure.KindOf(err) { //nolint:exhaustive // the others are no page's
	case failure.KindInvalid:
		return http.StatusBadRequest, public(err)
	case failure.KindNotFound:
		return http.StatusNotFound, public(err)
	case failure.KindUnavailable:
		p.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
		return http.StatusServiceUnavailable, public(err)
	default:
		p.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
		return http.StatusInternalServerError, "internal error"
	}
}
