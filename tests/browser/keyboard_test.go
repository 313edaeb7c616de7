package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// reach presses Tab until the focus is on something, and returns what it passed. Each stop must
// be seen to have the focus, and none is passed twice.
func (p *tab) reach(want string) []string {
	p.tb.Helper()
	var passed []string
	for range 80 {
		p.press(kb.Tab)
		at := p.focused()
		if at != "" && !eval[bool](p, visiblyFocused) {
			p.tb.Errorf("the focus on %q is not seen", at)
		}
		if at == want {
			return passed
		}
		passed = append(passed, at)
	}
	p.tb.Fatalf("Tab does not reach %q; it passes %q", want, passed)
	return nil
}

// visiblyFocused reports whether what has the focus has an outline or a shadow, and is within
// the window.
const visiblyFocused = `(() => {
	const element = document.activeElement;
	const style = getComputedStyle(element);
	const box = element.getBoundingClientRect();
	return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none') &&
		box.width > 0 && box.bottom > 0 && box.top < innerHeight;
})()`

// A keyboard alone starts a job, finds it, opens its page and stops it.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := local(t)
	s.fill("job", 5, 0, 0)
	p := open(t, s.url(), "/")
	p.untilLive()

	p.press(kb.Tab)
	if got := p.focused(); got != "Skip to the content" {
		t.Errorf("the first stop is %q, want the link that skips to the content", got)
	}
	p.press(kb.Enter)
	if got := p.focused(); got != "#content" {
		t.Errorf("that link leads to %q, want the content", got)
	}
	p.reach("#open-start")
	p.press(kb.Enter)
	p.until("the dialog is open", `document.querySelector('#start-dialog').open`)
	p.until("the focus is in the dialog", `document.querySelector('#start-dialog').contains(document.activeElement)`)
	p.press(kb.Escape)
	p.until("Escape closes it", `!document.querySelector('#start-dialog').open`)
	if got := p.focused(); got != "#open-start" {
		t.Errorf("after the dialog the focus is on %q, want the button that opened it", got)
	}

	p.press(kb.Enter)
	p.until("the focus is on the id", `document.activeElement.name === 'id'`)
	p.press("by-hand", kb.Tab, "300", kb.Tab, "5")
	for range 40 { // the dialog keeps the focus
		p.press(kb.Tab)
		if inside := eval[bool](p, `document.activeElement === document.body || document.querySelector('#start-dialog').contains(document.activeElement)`); !inside {
			t.Fatalf("Tab leaves the dialog for %q", p.focused())
		}
	}
	eval[any](p, `void document.querySelector('#start [name=number_of_jobs]').focus()`)
	p.press(kb.Enter)
	p.untilRows("by-hand")

	passed := p.reach("by-hand")
	for _, stop := range []string{"#filter", "#state", "#sort"} {
		if !slices.Contains(passed, stop) && len(passed) > 5 {
			t.Errorf("Tab passes %q on the way to the job, but not %s", passed, stop)
		}
	}
	p.press(kb.Enter)
	p.untilHeading("by-hand")
	p.untilLive()
	p.reach("#stop")
	p.press(kb.Enter)
	p.until("the dialog is open", `document.querySelector('#stop-dialog').open`)
	p.press(kb.Escape)
	p.until("Escape closes it", `!document.querySelector('#stop-dialog').open`)
	if got := p.focused(); got != "#stop" {
		t.Errorf("after the dialog the focus is on %q, want the button that opened it", got)
	}
	p.press(kb.Enter)
	p.reach("#stop-confirm")
	p.press(kb.Enter)
	p.untilText("main", "stopped")
}

// The list is filtered, sorted and turned over by keys; the focus stays on what was pressed.
func TestKeyboardInTheList(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/")
	p.untilLive()
	p.reach("#filter")
	p.press("fin")
	p.untilRows("finished")
	if got := p.focused(); got != "#filter" {
		t.Errorf("the focus is on %q, want the filter", got)
	}
	p.press(kb.Escape)
	p.untilRows(s.overview("")...) // as of any search field
	p.shiftTab()
	if got := p.focused(); got == "#filter" || got == "" {
		t.Errorf("Shift and Tab lead to %q", got)
	}
}

// The sliders of the what-if are moved by keys.
func TestKeyboardInTheWhatIf(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/ui/jobs/running")
	p.until("the form is shown", `document.querySelector('form#what-if').offsetParent`)
	p.reach("#what-if-replicas")
	before := p.text("#what-if-answer")
	p.press(kb.End)
	p.untilGo("the answer changes", func() bool {
		after := p.text("#what-if-answer")
		return after != before && after != ""
	})
}
