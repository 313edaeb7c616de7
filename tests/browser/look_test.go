package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Each page can be read by everybody, in light and dark, wide and on a phone.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.damage("pending") // a state that only a broken store brings
	tests := map[string]struct {
		path    string
		prepare func(p *tab)
		looks   []look
		expect  string // an error of the browser
	}{
		"the list":      {path: "/", looks: allLooks, prepare: func(p *tab) { p.untilRows(s.overview("")...) }},
		"a filter":      {path: "/ui/?q=none-like-this", looks: someLooks, prepare: func(p *tab) { p.untilShown("#empty") }},
		"the dialog":    {path: "/", looks: someLooks, prepare: wrongStart, expect: "status of 400"},
		"a living job":  {path: "/ui/jobs/running", looks: allLooks, prepare: asked},
		"a stalled job": {path: "/ui/jobs/stalled", looks: someLooks, prepare: func(p *tab) { p.untilText("#problems", "No progress") }},
		"the stop":      {path: "/ui/jobs/at-risk", looks: someLooks, prepare: func(p *tab) { p.click("#stop"); p.untilShown("#stop-confirm") }},
		"a late job":    {path: "/ui/jobs/late", looks: allLooks, prepare: func(p *tab) { p.untilShown("#postmortem") }},
		"a failed job":  {path: "/ui/jobs/failed", looks: someLooks, prepare: func(p *tab) { p.untilShown("#report") }},
		"no such job":   {path: "/ui/jobs/none", looks: someLooks, prepare: func(p *tab) { p.untilShown("#missing") }, expect: "status of 404"},
		"no such page":  {path: "/ui/none", looks: someLooks, prepare: func(p *tab) { p.untilHeading("There is no such page") }, expect: "status of 404"},
		"the API":       {path: "/ui/api", looks: someLooks, prepare: func(p *tab) { p.untilShown("h1") }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, s.URL, tt.path)
			if tt.expect != "" {
				p.expect(tt.expect)
			}
			tt.prepare(p)
			p.accessible(name, tt.looks)
		})
	}
}

// wrongStart opens the dialog with all its fields, and what is wrong with some.
func wrongStart(p *tab) {
	p.tb.Helper()
	p.click("#open-start")
	p.write("#start [name=id]", "My_Job")
	p.write("#start [name=expected_time]", "-5")
	p.click("#start summary")
	p.click("#start-control")
	p.write("#start [name=confidence]", "2")
	p.press(kb.Enter)
	p.untilText("#start-confidence-wrong", "0.999")
}

// asked moves a slider of the what-if.
func asked(p *tab) {
	p.tb.Helper()
	p.untilShown("#what-if")
	eval[any](p, `void document.querySelector('#what-if-replicas').focus()`)
	p.press(kb.End)
	p.untilShown("#what-if-part .curve")
}
