package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The watcher notices each thing that no page may do.
func TestWatcher(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	tests := map[string]struct{ script, want string }{
		"nothing":                {`1`, ""},
		"an error":               {`console.error("planted")`, "planted"},
		"an exception":           {`setTimeout(() => { throw new Error("planted") })`, "planted"},
		"a rejection":            {`Promise.reject(new Error("planted"))`, "planted"},
		"another port":           {fmt.Sprintf(`fetch(%q, {mode: "no-cors"})`, other.URL), "another host"},
		"another host":           {`new Image().src = "http://planted.example/"`, "planted.example"},
		"a worker's exception":   {`new SharedWorker("/worker?throw")`, "planted"},
		"a worker asks for more": {`new SharedWorker("/worker?fetch")`, "planted.example"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.RawQuery {
				case "throw":
					w.Header().Set("Content-Type", "text/javascript")
					fmt.Fprint(w, `setTimeout(() => { throw new Error("planted") }, 100)`)
				case "fetch":
					w.Header().Set("Content-Type", "text/javascript")
					fmt.Fprint(w, `setInterval(() => fetch("http://planted.example/").catch(() => {}), 100)`)
				default:
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, `<!doctype html><title>x</title><link rel=icon href="data:,"><p id=p>shown</p>`)
				}
			}))
			t.Cleanup(site.Close)
			w := uncheckedWatcher(t, site.URL)
			p := newTab(chromium.ctx, t, site.URL, w, chromedp.WithNewBrowserContext())
			w.follow(p.ctx)
			p.visit("/")
			p.untilText("#p", "shown")
			eval[any](p, "void ("+tt.script+")")
			if tt.want != "" {
				p.untilGo("the watcher notices", func() bool { return strings.Contains(w.found(), tt.want) })
			}
			if found := w.found(); tt.want == "" && found != "" {
				t.Errorf("noticed %s, want nothing", found)
			}
		})
	}
}
