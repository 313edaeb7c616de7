package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// csp is written out again: a page is as safe as this line.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Texts that end an element, an attribute or a script, if they are not escaped.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</script><script>alert(1)</script>`,
	`' onmouseover='alert(1)`, `javascript:alert(1)`, `<!--<script>`, "\u2028alert(1)",
}

// poisoned returns a status of a job with the text wherever a text may come from others.
func poisoned(s monitor.Status, text string) monitor.Status {
	s.ID, s.Reason, s.State, s.Queue, s.Strategy, s.LastError = job.ID(text), text, text, text, text, text
	s.Lists = job.Lists{Pending: text, Processing: text, Results: text}
	s.Problems = []monitor.Problem{{Text: text}}
	s.Events = []job.Entry{{At: start, Kind: job.EventKind(text), Text: text}}
	s.Publishers = map[string]monitor.PublisherState{text: {Failing: true, LastError: text, At: start.UnixMilli()}}
	s.Control = &monitor.ControlStatus{Actuator: text, Reason: text, Error: text}
	s.Warnings = []string{text}
	if r := s.Report; r != nil {
		r.Reason, r.Strategy, r.Phase = text, text, job.Phase(text)
		r.FinalError.Second = &text
		r.Outcome.Changes[0].Reason = text
	}
	return s
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for _, bad := range hostile {
		living, ended := poisoned(running("a"), bad), poisoned(finished("a"), bad)
		all := listed(90, living, ended)
		pages := map[string]string{
			"list":    get(t, newUI(all), "/ui/?q="+strings.ReplaceAll(bad, " ", "+")).Body.String(),
			"living":  get(t, newUI(service{status: living}), "/ui/jobs/a").Body.String(),
			"ended":   get(t, newUI(service{status: ended}), "/ui/jobs/a").Body.String(),
			"failed":  get(t, newUI(service{err: failure.Unavailable(bad, nil)}), "/ui/jobs/a").Body.String(),
			"no list": get(t, newUI(service{err: failure.Unavailable(bad, nil)}), "/ui/").Body.String(),
		}
		for name, page := range pages {
			root := parse(t, page)
			checkHarmless(t, name+" with "+bad, root)
			if name != "list" && !strings.Contains(text(root), strings.Join(strings.Fields(strings.TrimSpace(bad)[1:]), " ")) {
				t.Errorf("%s does not show %q", name, bad)
			}
		}
	}
}

// checkHarmless checks that a page runs nothing but the server's own scripts.
func checkHarmless(t *testing.T, name string, root *html.Node) {
	t.Helper()
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		inline := node.Data == "script" && attribute(node, "src") == "" && attribute(node, "type") != "application/json"
		if inline || node.Data == "style" || node.Data == "base" || node.Data == "iframe" || node.Data == "object" {
			t.Errorf("%s: there is an element %s", name, node.Data)
		}
		for _, a := range node.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("%s: %s has an attribute %s", name, node.Data, a.Key)
			}
			if (a.Key == "src" || a.Key == "href" || a.Key == "action") && !isLocal(a.Val) {
				t.Errorf("%s: %s names %q", name, node.Data, a.Val)
			}
		}
	}
}

func isLocal(address string) bool {
	return strings.HasPrefix(address, "#") || strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")
}

// What scripts begin with is what the service said, whatever texts are in it.
func TestDataOfScripts(t *testing.T) {
	t.Parallel()
	for _, bad := range hostile {
		status := poisoned(running("a"), bad)
		root := parse(t, get(t, newUI(service{status: status}), "/ui/jobs/a").Body.String())
		var got struct {
			Status struct {
				ID       string
				Problems []monitor.Problem
			}
		}
		if err := json.Unmarshal([]byte(byID(t, root, "data").FirstChild.Data), &got); err != nil {
			t.Fatalf("%q: %v", bad, err)
		}
		if got.Status.ID != bad || got.Status.Problems[0].Text != bad {
			t.Errorf("data = %q, %q, want %q", got.Status.ID, got.Status.Problems[0].Text, bad)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	well, broken := listed(1, running("a")), service{err: errStore}
	well.status = running("a")
	for path, want := range map[string]struct {
		of     service
		status int
	}{
		"/": {well, 200}, "/ui/": {well, 200}, "/ui/jobs/a": {well, 200}, "/ui/?state=no": {well, 400}, "/ui/jobs/A_B": {well, 400},
		"/ui/nothing": {well, 404}, "/ui/?": {broken, 503}, "/ui/jobs/b": {broken, 503},
		"/ui/jobs/c": {service{err: monitor.ErrUnknownJob}, 404}, "/ui/jobs/d": {service{err: http.ErrAbortHandler}, 500},
	} {
		w := get(t, newUI(want.of), path)
		if w.Code != want.status {
			t.Errorf("%s = %d, want %d", path, w.Code, want.status)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
		} {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s of %s = %q, want %q", name, path, got, value)
			}
		}
		checkHarmless(t, path, parse(t, w.Body.String()))
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/ui/", "/ui/jobs/a", "/ui/assets/x/list.js"} {
		w := request(t, newUI(listed(0)), http.MethodPost, path)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodGet {
			t.Errorf("POST %s = %d, Allow %q, want 405, GET", path, w.Code, w.Header().Get("Allow"))
		}
	}
}
