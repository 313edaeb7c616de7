package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"kubejobs/shared/testkit/proctest"
)

// tab is a tab of the browser.
type tab struct {
	tb  testing.TB
	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it
	url string          // of the server
	*watcher
}

// open opens a tab in a profile of its own, at a path of a server. The test fails if the tab
// or its workers show an error, or ask for another host.
func open(tb testing.TB, server, path string, prepare ...chromedp.Action[chromedp.Void]) *tab {
	tb.Helper()
	w := newWatcher(tb, server)
	p := newTab(chromium.ctx, tb, server, w, chromedp.WithNewBrowserContext())
	w.follow(p.ctx)
	p.do(prepare...)
	p.visit(path)
	return p
}

// another opens one more tab in the same profile.
func (p *tab) another(path string) *tab {
	p.tb.Helper()
	other := newTab(p.ctx, p.tb, p.url, p.watcher)
	other.visit(path)
	return other
}

func newTab(parent context.Context, tb testing.TB, server string, w *watcher, options ...chromedp.ContextOption) *tab {
	tb.Helper()
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.see))...)
	tb.Cleanup(cancel)
	p := &tab{tb: tb, ctx: ctx, url: server, watcher: w}
	focused := emulation.SetFocusEmulationEnabledParams{Enabled: true} // whichever tab is in front
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, focused); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			p.describe()
		}
	})
	return p
}

// do runs actions, each within proctest.Patience.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.tb.Helper()
	for _, action := range actions {
		ctx, cancel := context.WithTimeout(p.ctx, proctest.Patience)
		err := chromedp.Do(ctx, action)
		cancel()
		if err != nil {
			p.tb.Fatal(err)
		}
	}
}

// visit loads a path of the server.
func (p *tab) visit(path string) {
	p.tb.Helper()
	p.do(chromedp.Navigate(p.url + path))
}

// eval returns the value of a JavaScript expression, which may be a promise.
func eval[T any](p *tab, expression string) T {
	p.tb.Helper()
	value, err := tryEval[T](p, expression)
	if err != nil {
		p.tb.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

func tryEval[T any](p *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, proctest.Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until a JavaScript expression is true. what names it in the failure.
func (p *tab) until(what, expression string) {
	p.tb.Helper()
	p.untilGo(what, func() bool {
		holds, err := tryEval[bool](p, "!!("+expression+")")
		return err == nil && holds // the page may be on its way to another one
	})
}

// untilGo waits until a condition holds. It also ends with the browser.
func (p *tab) untilGo(what string, condition func() bool) {
	p.tb.Helper()
	proctest.Until(p.tb, what, func() bool {
		if err := p.ctx.Err(); err != nil {
			p.tb.Fatalf("%s: the browser ended: %v", what, err)
		}
		return condition()
	})
}

// text returns what the first element of a selector shows, "" if there is none.
func (p *tab) text(selector string) string {
	p.tb.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ""`, quote(selector)))
}

// untilText waits until the first element of a selector shows a text.
func (p *tab) untilText(selector, want string) {
	p.tb.Helper()
	p.until(fmt.Sprintf("%s shows %q", selector, want),
		fmt.Sprintf(`document.querySelector(%s)?.innerText.includes(%s)`, quote(selector), quote(want)))
}

// untilHeading waits until the heading that is shown has a text.
func (p *tab) untilHeading(want string) {
	p.tb.Helper()
	p.until(fmt.Sprintf("the heading shows %q", want),
		fmt.Sprintf(`[...document.querySelectorAll('h1')].some((h) => h.checkVisibility() && h.innerText.includes(%s))`, quote(want)))
}

// untilShown waits until the first element of a selector is shown.
func (p *tab) untilShown(selector string) {
	p.tb.Helper()
	p.until(selector+" is shown", fmt.Sprintf(`document.querySelector(%s)?.checkVisibility()`, quote(selector)))
}

// untilHidden waits until the first element of a selector is not shown.
func (p *tab) untilHidden(selector string) {
	p.tb.Helper()
	p.until(selector+" is hidden", fmt.Sprintf(`document.querySelector(%s).checkVisibility() === false`, quote(selector)))
}

// count returns how many elements a selector finds.
func (p *tab) count(selector string) int {
	p.tb.Helper()
	return eval[int](p, fmt.Sprintf(`document.querySelectorAll(%s).length`, quote(selector)))
}

// untilCount waits until a selector finds so many elements.
func (p *tab) untilCount(selector string, want int) {
	p.tb.Helper()
	p.until(fmt.Sprintf("%d × %s", want, selector),
		fmt.Sprintf(`document.querySelectorAll(%s).length === %d`, quote(selector), want))
}

// quote returns a text as a JavaScript literal.
func quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // of a string
	}
	return string(literal)
}

// describe logs where the tab is and what it shows.
func (p *tab) describe() {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	defer cancel()
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body?.innerText ?? "")`))
	if err != nil && !errors.Is(err, context.Canceled) {
		p.tb.Logf("the tab: %v", err)
		return
	}
	p.tb.Logf("the tab:\n%.1200s", shown)
}

// zone makes a tab believe that it is in a time zone.
func zone(name string) chromedp.Action[chromedp.Void] {
	return call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
}

// scheme makes a tab prefer light or dark colours.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// width makes a tab so wide, in CSS pixels.
func width(pixels int64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(pixels, 800)
}

// withoutScripts makes a tab run no JavaScript of pages.
func withoutScripts() chromedp.Action[chromedp.Void] {
	return call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// onLoad runs a script in each page before its own ones.
func onLoad(script string) chromedp.Action[chromedp.Void] {
	return call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// call is the action that sends a command to the tab.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// host returns the host of a URL, "" if it has none.
func host(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return text
	}
	return parsed.Host
}
