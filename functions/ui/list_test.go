package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func TestListShowsJobs(t *testing.T) {
	t.Parallel()
	unreadable := monitor.Status{ID: "c", Phase: monitor.PhaseUnreadable, State: "unreadable", Problems: []monitor.Problem{{Text: "x"}, {Text: "y"}, {Text: "z"}}}
	root := parse(t, get(t, newUI(listed(3, running("a"), finished("b"), unreadable)), "/").Body.String())
	var got []string
	for _, row := range find(byID(t, root, "jobs"), func(n *html.Node) bool { return has(n, "data-id") }) {
		got = append(got, attribute(row, "data-id")+"|"+attribute(row, "data-state")+"|"+text(row))
	}
	want := []string{
		"a|at-risk|a The deadline is at risk at risk 25 % 40 % of time 30 s late 97 % 3 of 4 24 Nov 2026, 05:44:27 UTC",
		"b|finished|b finished 100 % 90 % of time 20 s spare – 3 24 Nov 2026, 05:44:07 UTC",
		"c|unreadable|cx · y (and 1 more) unreadable – no sample yet – – –",
	}
	for i := range got {
		got[i], want[i] = strings.ReplaceAll(got[i], " ", ""), strings.ReplaceAll(want[i], " ", "")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	bar := find(root, func(n *html.Node) bool { return attribute(n, "class") == "fill" })[0]
	if attribute(bar, "width") != "25" {
		t.Errorf("bar = %v, want a width of 25", bar.Attr)
	}
	if got := text(byID(t, root, "counts")); got != "3 jobs 1 at risk 1 finished 1 unreadable" {
		t.Errorf("counts = %q", got)
	}
	if !has(byID(t, root, "empty"), "hidden") || !has(byID(t, root, "failed"), "hidden") || !has(byID(t, root, "pages"), "hidden") {
		t.Error("a notice or the pages are shown")
	}
}

// The form works without scripts: what it sends selects jobs, and stays in its fields.
func TestListIsSelected(t *testing.T) {
	t.Parallel()
	var view monitor.View
	s := listed(90, running("a"))
	s.view = &view
	root := parse(t, get(t, newUI(s), "/ui/?q=+Vid%C3%A9o%26&state=at-risk&sort=-progress&offset=50&limit=100").Body.String())
	want := monitor.View{Text: "vidéo&", States: []string{"at-risk"}, Order: monitor.OrderProgress, Reverse: true, Limit: 25, Offset: 50}
	if diff := cmp.Diff(want, view); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	chosen := map[string]string{"filter": attribute(byID(t, root, "filter"), "value")}
	for _, id := range []string{"state", "sort"} {
		for _, option := range find(byID(t, root, id), func(n *html.Node) bool { return has(n, "selected") }) {
			chosen[id] += attribute(option, "value")
		}
	}
	if diff := cmp.Diff(map[string]string{"filter": " Vidéo&", "state": "at-risk", "sort": "-progress"}, chosen); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	pages := byID(t, root, "pages")
	turns := map[string]string{}
	for _, button := range find(pages, func(n *html.Node) bool { return has(n, "data-page") }) {
		turns[attribute(button, "data-page")] = attribute(button, "name") + "=" + attribute(button, "value")
		if has(button, "disabled") {
			t.Errorf("%s is disabled", attribute(button, "data-page"))
		}
	}
	if diff := cmp.Diff(map[string]string{"previous": "offset=25", "next": "offset=75"}, turns); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if got := text(byID(t, root, "range")); got != "51 to 51 of 90" {
		t.Errorf("range = %q", got)
	}
	link := find(byID(t, root, "counts"), func(n *html.Node) bool { return attribute(n, "data-select") == "at-risk" })[0]
	if got := attribute(link, "href"); got != "/ui/?q=+Vid%C3%A9o%26&state=at-risk" || !has(link, "aria-current") {
		t.Errorf("link = %v", link.Attr)
	}
}

func TestListWithoutJobs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		of     service
		path   string
		status int
		empty  string // what #empty shows
		failed string
	}{
		"nothing yet": {listed(0), "/ui/", 200, "No job yet", ""},
		"no match":    {listed(0), "/ui/?q=x", 200, "No job matches", ""},
		"store down":  {service{err: errStore}, "/ui/", 503, "", "The state store does not answer"},
		"wrong query": {listed(0), "/ui/?sort=luck", 400, "", "Sort: want one of"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, newUI(tt.of), tt.path)
			root := parse(t, w.Body.String())
			empty, failed := byID(t, root, "empty"), byID(t, root, "failed")
			var shown []string
			for _, part := range find(empty, func(n *html.Node) bool { return has(n, "data-kind") && !has(n, "hidden") }) {
				shown = append(shown, text(part))
			}
			if has(empty, "hidden") {
				shown = nil
			}
			if all := strings.Join(shown, ""); w.Code != tt.status || !strings.HasPrefix(all, tt.empty) || (all == "") != (tt.empty == "") {
				t.Errorf("%d shows %q, want %d, %q", w.Code, shown, tt.status, tt.empty)
			}
			if got := text(failed); !strings.HasPrefix(got, tt.failed) || has(failed, "hidden") != (tt.failed == "") {
				t.Errorf("failure %q, want %q", got, tt.failed)
			}
			if !has(byID(t, root, "jobs"), "hidden") {
				t.Error("the table is shown")
			}
		})
	}
}

// The command that starts a job names this server as the browser does.
func TestCommandNamesTheServer(t *testing.T) {
	t.Parallel()
	page := get(t, newUI(listed(0)), "/ui/", "X-Forwarded-Proto", "https")
	if got := text(byID(t, parse(t, page.Body.String()), "empty")); !strings.Contains(got, "https://example.com/monitoring/my-job") {
		t.Errorf("the empty list says %q", got)
	}
}

func TestEveryStateHasItsRow(t *testing.T) {
	t.Parallel()
	for _, state := range monitor.States() {
		status := running(job.ID("a-" + state))
		status.State = state
		w := get(t, newUI(listed(1, status)), "/ui/?state="+state)
		badge := find(byID(t, parse(t, w.Body.String()), "jobs"), func(n *html.Node) bool { return attribute(n, "class") == "badge" })[0]
		if w.Code != http.StatusOK || text(badge) != strings.ReplaceAll(state, "-", " ") {
			t.Errorf("%s = %d %q", state, w.Code, text(badge))
		}
	}
}
