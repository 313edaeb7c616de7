package ui_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kubejobs/functions/ui"
	"kubejobs/functions/ui/render"
)

// csp is written out again: a page is as safe as this line.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// The pages are those of the templates: go generate made them after the last change.
func TestPagesAreGenerated(t *testing.T) {
	t.Parallel()
	want, err := render.Pages(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		got, err := os.ReadFile("pages/" + name + ".html")
		if err != nil || string(got) != string(text) {
			t.Errorf("pages/%s.html is not what its template makes (%v): run go generate in functions/ui", name, err)
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
		inline := node.Data == "script" && attribute(node, "src") == ""
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

func TestHeaders(t *testing.T) {
	t.Parallel()
	for path, status := range map[string]int{
		"/": 200, "/ui/": 200, "/ui/jobs/a": 200, "/ui/?state=no": 200, "/ui/jobs/A_B": 404, "/ui/nothing": 404,
	} {
		w := get(t, ui.New(), path)
		if w.Code != status {
			t.Errorf("%s = %d, want %d", path, w.Code, status)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache",
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
		w := request(t, ui.New(), http.MethodPost, path)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodGet {
			t.Errorf("POST %s = %d, Allow %q, want 405, GET", path, w.Code, w.Header().Get("Allow"))
		}
	}
}

// What others hold on to: scripts, and tests in a browser.
func TestHooks(t *testing.T) {
	t.Parallel()
	list := parse(t, get(t, ui.New(), "/ui/").Body.String())
	for _, id := range []string{
		"jobs", "filter", "state", "pages", "live", "empty", "failed", "open-start", "start-dialog", "start", "start-error", "row", "counts", "announce",
	} {
		byID(t, list, id)
	}
	page := parse(t, get(t, ui.New(), "/ui/jobs/a").Body.String())
	for _, id := range []string{
		"problems", "events", "publishers", "ticks", "report", "postmortem", "what-if", "what-if-answer", "stop", "stop-dialog", "stop-confirm", "live",
		"announce", "missing", "gone",
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
