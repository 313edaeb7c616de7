package ui

import (
	"net/http"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// key explains a line of a plot.
type key struct{ Class, Word string }

// plot is what the page says of a plot that a script draws.
type plot struct {
	Name, Title string
	Wide        bool
	Keys        []key
}

var plots = []plot{
	{"progress", "Progress", true, []key{{"a", "items done"}, {"c", "time"}, {"band", "forecast, 10 to 90 %"}, {"line", "deadline"}}},
	{"error", "Error, in points of progress", false, []key{{"a", "ahead above 0, behind below"}}},
	{"replicas", "Replicas", false, []key{{"a", "working"}, {"b", "asked for"}}},
	{"lateness", "Lateness of ticks", false, []key{{"a", "from the instant to the arrival"}}},
}

// point is a sample, for the plots.
type point struct {
	At       int64   `json:"timestamp"` // Unix milliseconds
	Job      float64 `json:"job_progress"`
	Time     float64 `json:"time_progress"`
	Error    float64 `json:"error"`
	Replicas int64   `json:"replicas"`
	Asked    int64   `json:"parallelism,omitempty"`
	Lateness float64 `json:"lateness,omitempty"`
}

// data is what the scripts of a job's page begin with.
type data struct {
	Status  monitor.Status `json:"status"`
	Samples []point        `json:"samples"`
}

type jobPage struct {
	page
	Status monitor.Status
	Plots  []plot
	Data   data
}

// job serves the page of one job.
func (p *pages) job(w http.ResponseWriter, r *http.Request) {
	status, samples, err := p.read(r)
	if err != nil {
		p.failJob(w, r, err)
		return
	}
	shown := jobPage{
		page: page{
			Title: string(status.ID) + ": " + spoken(status.State) + " · kubejobs", Job: string(status.ID),
			Styles: []string{"base.css", "job.css", "uPlot.min.css"}, Classic: []string{"uPlot.iife.min.js"},
			Modules: jobModules, Script: "job.js", Now: p.Now(),
		},
		Status: status, Plots: plots, Data: data{Status: status, Samples: make([]point, 0, len(samples))},
	}
	shown.Data.Status.Report = nil // the page has it as text
	for _, s := range samples {
		shown.Data.Samples = append(shown.Data.Samples, point{s.Timestamp, s.Job, s.Time, s.Error, s.Replicas, s.Asked, s.Lateness})
	}
	p.render(w, r, http.StatusOK, "job", shown)
}

func (p *pages) read(r *http.Request) (monitor.Status, []monitor.TimedSample, error) {
	id, err := job.ParseID(r.PathValue("id"))
	if err != nil {
		return monitor.Status{}, nil, err
	}
	status, err := p.Service.Status(r.Context(), id)
	if err != nil {
		return monitor.Status{}, nil, err
	}
	samples, err := p.Service.Samples(r.Context(), id, monitor.SampleRange{})
	return status, samples.Samples, err
}

// failJob renders why a job has no page. Once the store answers again, or the job exists,
// a script shows it.
func (p *pages) failJob(w http.ResponseWriter, r *http.Request, err error) {
	status, text := p.explain(r, err)
	about := problem{status: status, heading: "The job cannot be shown", text: sentence(text), again: r.URL.Path}
	switch failure.KindOf(err) { //nolint:exhaustive // the others mean that there is no page
	case failure.KindNotFound:
		about.heading, about.job = "There is no such job", r.PathValue("id")
		about.text = "No job is called " + about.job + ". It may have been removed after its retention."
	case failure.KindUnavailable:
		about.job = r.PathValue("id")
	default:
	}
	p.fail(w, r, about)
}
