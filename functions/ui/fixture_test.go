package ui_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kubejobs/functions/ui"
	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/monitor"
)

var start = time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)

// service answers with what it holds.
type service struct {
	overview monitor.Overview
	status   monitor.Status
	samples  []monitor.TimedSample
	err      error
	view     *monitor.View // that was asked for last
}

func (s service) Overview(_ context.Context, v monitor.View) (monitor.Overview, error) {
	if s.view != nil {
		*s.view = v
	}
	return s.overview, s.err
}

func (s service) Status(context.Context, job.ID) (monitor.Status, error) { return s.status, s.err }

func (s service) Samples(context.Context, job.ID, monitor.SampleRange) (monitor.Samples, error) {
	return monitor.Samples{Samples: s.samples}, s.err
}

func newUI(s service) http.Handler {
	return ui.New(ui.Options{Service: s, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return start }})
}

// get returns the answer to a browser.
func get(t *testing.T, handler http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func parse(t *testing.T, text string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find returns the elements for which keep is true, in the order of the page.
func find(root *html.Node, keep func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && keep(node) {
			found = append(found, node)
		}
	}
	return found
}

// byID returns the element with an id. The test fails unless there is one.
func byID(t *testing.T, root *html.Node, id string) *html.Node {
	t.Helper()
	found := find(root, func(n *html.Node) bool { return attribute(n, "id") == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %s, want 1", len(found), id)
	}
	return found[0]
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// text returns the text of an element, with single spaces, without what is hidden in it.
func text(n *html.Node) string {
	var all strings.Builder
	var add func(*html.Node)
	add = func(node *html.Node) {
		if node.Type == html.TextNode {
			all.WriteString(node.Data)
		}
		for child := range node.ChildNodes() {
			if !has(child, "hidden") {
				add(child)
			}
		}
	}
	add(n)
	return strings.Join(strings.Fields(all.String()), " ")
}

func pointer[T any](v T) *T { return &v }

// running returns the status of a job that is late.
func running(id job.ID) monitor.Status {
	return monitor.Status{
		ID: id, Phase: job.PhaseRunning, State: "at-risk", Items: 1200, Budget: 200,
		Submitted: start, Deadline: start.Add(200 * time.Second), Period: 2, Queue: "redis:6379", Lists: job.Lists{}.Named(),
		Progress: &progress.Progress{Job: .25, Time: .4, Error: -.15}, Last: &monitor.SampleStatus{At: start, Replicas: 3},
		Finish: pointer(start.Add(230 * time.Second)), Margin: pointer(-30.0), Rate: 3.75, Health: forecast.StatusAtRisk,
		Forecast: &job.Forecast{
			Enough: true, P10: pointer(start.Add(220 * time.Second)), P50: pointer(start.Add(230 * time.Second)),
			P90: pointer(start.Add(250 * time.Second)), Miss: pointer(.97), Asked: pointer(int64(4)), Needed: pointer(int64(6)), Confidence: .9,
		},
		Problems: []monitor.Problem{{Text: "The deadline is at risk", Since: &start}},
		Ticks:    &accounting.Account{Expected: 40, Received: 39, Lost: 1, MeanLateness: 250, MaxLateness: 480},
		NextTick: pointer(start.Add(82 * time.Second)),
		Events:   []job.Entry{{At: start, Kind: job.EventStarted, Text: "work was seen"}, {At: start.Add(time.Minute), Kind: job.EventAtRisk}},
	}
}

// finished returns the status of a job that ended in time.
func finished(id job.ID) monitor.Status {
	s := running(id)
	s.Phase, s.State, s.Health, s.Forecast, s.NextTick, s.Problems = job.PhaseFinished, "finished", forecast.StatusOK, nil, nil, nil
	s.Progress = &progress.Progress{Job: 1, Time: .9, Error: .1}
	s.EndedAt, s.Margin = pointer(start.Add(180*time.Second)), pointer(20.0)
	s.Verdict = &job.Verdict{DeadlineMet: true, Spare: 20}
	s.Report = &job.Report{
		ExecutionTime: pointer(int64(178)), FinalError: job.TimedError{Value: pointer(.1), Second: pointer("2026-11-24T05:44:07Z")},
		FinalReplicas: pointer(int64(4)), Strategy: "default", Phase: job.PhaseFinished, Reason: "the queue is empty", Verdict: s.Verdict,
		Outcome: &job.Outcome{
			DeadlineMet: pointer(true), Rate: pointer(6.7), ReplicaSeconds: 700, Utilisation: pointer(.8), Sufficient: pointer(int64(7)),
			Changes: []job.ShownChange{{At: start, From: 2, To: 4, Reason: "2 more"}}, ChangeCount: 5,
			Stall: &job.ShownStall{Since: start, Seconds: 12, Cause: forecast.CauseNoReplica},
			Forecasts: []job.ForecastCheck{
				{Share: .5, At: start.Add(90 * time.Second), Finish: start.Add(170 * time.Second), Error: -10, RelativeError: -.11, Within: true},
			},
		},
	}
	return s
}

// listed returns a service with one page of an overview.
func listed(total int, jobs ...monitor.Status) service {
	o := monitor.Overview{At: start, Total: total, Counts: map[string]int{}}
	for _, s := range jobs {
		o.Jobs = append(o.Jobs, &s)
		o.Counts[s.State]++
	}
	return service{overview: o}
}

var errStore = failure.Unavailable("the state store does not answer", nil)
