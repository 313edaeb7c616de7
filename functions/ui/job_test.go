package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kubejobs/shared/monitor"
)

func TestJobPage(t *testing.T) {
	t.Parallel()
	ended, stopped := finished("a"), finished("a")
	stopped.Report.Verdict, stopped.Verdict, stopped.Margin, stopped.State = nil, nil, nil, "stopped"
	tests := map[string]struct {
		status monitor.Status
		shown  map[string]string // by id: a part of the text; "" for a part that is hidden
	}{
		"living": {running("a"), map[string]string{
			"problems": "The deadline is at risk since 24 Nov 2026, 05:41:07 UTC", "events": "24 Nov 2026, 05:42:07 UTCat risk",
			"publishers": "No publisher has failed", "ticks": "Due40Arrived39Lost1", "report": "", "postmortem": "",
			"job": "80 %: 24 Nov 2026, 05:44:47 UTC to 24 Nov 2026, 05:45:17 UTC",
		}},
		"ended": {ended, map[string]string{
			"problems": "Nothing is wrong.", "report": "The deadline was met, with 20 s to spare",
			"postmortem": "50 %24 Nov 2026, 05:42:37 UTC24 Nov 2026, 05:43:57 UTC10 s too early (11 %)yes", "job": "20 s spare",
		}},
		"stopped": {stopped, map[string]string{
			"report": "The monitoring was stopped", "postmortem": "Longest stall12 s from 24 Nov 2026, 05:41:07 UTC: no replica works", "job": "Margin–",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, newUI(service{status: tt.status}), "/ui/jobs/a")
			root := parse(t, w.Body.String())
			for id, want := range tt.shown {
				part := byID(t, root, id)
				if got := text(part); has(part, "hidden") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("#%s = %q, hidden %t, want %q", id, got, has(part, "hidden"), want)
				}
			}
		})
	}
}

// What others hold on to: scripts, and tests in a browser.
func TestHooks(t *testing.T) {
	t.Parallel()
	list := parse(t, get(t, newUI(listed(1, running("a"))), "/ui/").Body.String())
	for _, id := range []string{
		"jobs", "filter", "state", "pages", "live", "empty", "failed", "open-start", "start-dialog", "start", "start-error", "row", "counts", "announce",
	} {
		byID(t, list, id)
	}
	page := parse(t, get(t, newUI(service{status: running("a")}), "/ui/jobs/a").Body.String())
	for _, id := range []string{
		"problems", "events", "publishers", "ticks", "report", "postmortem", "what-if", "what-if-answer", "stop", "stop-dialog", "stop-confirm", "live", "announce", "data",
	} {
		byID(t, page, id)
	}
	for _, name := range []string{"progress", "error", "replicas", "lateness"} {
		byID(t, page, name+"-title")
		byID(t, page, name+"-alternative")
		if len(find(page, func(n *html.Node) bool { return n.Data == "figure" && attribute(n, "data-plot") == name })) != 1 {
			t.Errorf("there is no figure of %s", name)
		}
	}
}

func TestJobWithoutAPage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path   string
		err    error
		status int
		text   string
		live   bool // a script waits until the job can be shown
	}{
		"unknown":    {"/ui/jobs/a", monitor.ErrUnknownJob, http.StatusNotFound, "No job is called a.", true},
		"store down": {"/ui/jobs/a", errStore, http.StatusServiceUnavailable, "The state store does not answer", true},
		"no id":      {"/ui/jobs/-a-", nil, http.StatusBadRequest, "Id: want a DNS label", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, newUI(service{err: tt.err}), tt.path)
			root := parse(t, w.Body.String())
			if got := text(byID(t, root, "failed")); w.Code != tt.status || !strings.HasPrefix(got, tt.text) {
				t.Errorf("%d %q, want %d %q", w.Code, got, tt.status, tt.text)
			}
			if live := len(find(root, func(n *html.Node) bool { return attribute(n, "type") == "module" })) > 0; live != tt.live {
				t.Errorf("live = %t, want %t", live, tt.live)
			}
		})
	}
}
