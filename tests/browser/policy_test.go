package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// What an attacker could bring into a page does not run there, and the browser says so: each
// violation of the policy is an error, which fails any other test.
func TestPolicy(t *testing.T) {
	t.Parallel()
	s := local(t)
	s.start(job{id: "a", waiting: 10})
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked for", r.URL) }))
	t.Cleanup(other.Close)
	add := func(element, set string) string {
		return fmt.Sprintf(`{ const e = document.createElement(%q); %s; document.body.append(e); }`, element, set)
	}
	attacks := map[string]string{
		"script-src-elem: inline":  add("script", `e.textContent = 'window.hacked = 1'`),
		"script-src-elem: foreign": add("script", fmt.Sprintf(`e.src = '%s/x.js'`, other.URL)),
		"script-src-attr: inline":  add("button", `e.setAttribute('onclick', 'window.hacked = 1'); e.click()`),
		"style-src-elem: inline":   add("style", `e.textContent = 'body { display: none }'`),
		"style-src-attr: inline":   add("p", `e.setAttribute('style', 'color: red')`),
		"connect-src: foreign":     fmt.Sprintf(`fetch('%s/').then(() => { window.hacked = 1 }, () => {})`, other.URL),
		"img-src: foreign":         add("img", fmt.Sprintf(`e.src = '%s/x.png'`, other.URL)),
		"frame-src: foreign":       add("iframe", fmt.Sprintf(`e.src = '%s/'`, other.URL)),
		"base-uri: foreign":        add("base", fmt.Sprintf(`e.href = '%s/'`, other.URL)),
	}
	for _, path := range []string{"/", "/ui/jobs/a"} {
		p := open(t, s.url(), path)
		p.untilLive()
		p.expect(`Content Security Policy`)
		p.allow(other.URL) // the browser announces requests that it then refuses
		eval[any](p, `void (window.violated = [], document.addEventListener('securitypolicyviolation', (e) => violated.push(e.effectiveDirective)))`)
		for name, script := range attacks {
			directive, _, _ := strings.Cut(name, ":")
			eval[any](p, `void (violated.length = 0)`)
			eval[any](p, "(() => { "+script+" })()")
			p.until(path+" refuses "+name, fmt.Sprintf(`violated.includes(%q)`, directive))
		}
		if eval[bool](p, `window.hacked !== undefined`) {
			t.Errorf("%s: something ran", path)
		}
		proctest.Until(t, "a violation is an error", func() bool { return strings.Contains(strings.Join(p.all(), "\n"), "Content Security Policy") })
	}
}
