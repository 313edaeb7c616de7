package browser_test

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// axe is the checker of accessibility that is vendored in testdata.
//
//go:embed testdata/axe-core/axe.min.js
var axe string

// look is a way in which a page is shown to people.
type look struct {
	scheme string
	width  int64
}

// allLooks are all combinations; someLooks have each scheme and each width once.
var (
	allLooks  = []look{{"light", 1280}, {"dark", 1280}, {"light", narrowest}, {"dark", narrowest}}
	someLooks = []look{{"light", 1280}, {"dark", narrowest}}
)

// narrowest is the least width that a page fits, in CSS pixels.
const narrowest = 360

// accessible checks a page as it is shown now, in each look: axe finds nothing, and nothing
// makes the page scroll sideways. what names its state.
func (p *tab) accessible(what string, looks []look) {
	p.tb.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[any](axe+";void 0")(ctx, target)
		return err
	}))
	for _, look := range looks {
		name := fmt.Sprintf("%s, %s, %d px", what, look.scheme, look.width)
		p.do(scheme(look.scheme), width(look.width))
		if found := eval[[]violation](p, runAxe); len(found) > 0 {
			p.tb.Errorf("%s: axe finds\n%s", name, list(found))
		}
		if wide := eval[[]string](p, sideways); len(wide) > 0 {
			p.tb.Errorf("%s: the page scrolls sideways, because of %s", name, strings.Join(wide, ", "))
		}
	}
}

// violation is a rule that elements of a page violate.
type violation struct {
	Rule, Help string
	Elements   []string
}

const runAxe = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((v) => ({
	Rule: v.id, Help: v.help,
	Elements: v.nodes.map((n) => n.target.join(' ') + ': ' + n.html.slice(0, 200) + ' ' + n.failureSummary),
})))`

// sideways names the elements that reach beyond the right edge of a page that scrolls.
const sideways = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return [];
	return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
		.slice(0, 5).map((e) => e.outerHTML.slice(0, 100)).concat(root.scrollWidth + ' px');
})()`

func list(found []violation) string {
	var text strings.Builder
	for _, v := range found {
		fmt.Fprintf(&text, "  %s: %s\n", v.Rule, v.Help)
		for _, element := range v.Elements {
			fmt.Fprintf(&text, "    %s\n", element)
		}
	}
	return text.String()
}
