package browser_test

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What a hand does at a tab: real events of the mouse and of keys, which reach what is
// really there.

// click clicks the middle of the first element of a selector, once it can be clicked: it is
// shown, enabled, and not covered by another element.
func (p *tab) click(selector string) {
	p.tb.Helper()
	var at [2]float64
	p.untilGo(selector+" can be clicked", func() bool {
		var err error
		at, err = tryEval[[2]float64](p, fmt.Sprintf(`(() => {
			const element = document.querySelector(%s);
			if (!element || element.disabled) return [-1, -1];
			element.scrollIntoView({ block: 'center', behavior: 'instant' });
			const box = element.getBoundingClientRect();
			const at = [box.left + box.width / 2, box.top + box.height / 2];
			const top = document.elementFromPoint(...at);
			return top && (element.contains(top) || top.contains(element) && top.tagName === 'LABEL') ? at : [-1, -1];
		})()`, quote(selector)))
		return err == nil && at[0] >= 0
	})
	p.do(chromedp.MouseClickXY(at[0], at[1]))
}

// press presses keys one after another, wherever the focus is.
func (p *tab) press(keys ...string) {
	p.tb.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// shiftTab goes back by one element.
func (p *tab) shiftTab() {
	p.tb.Helper()
	p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
}

// write replaces what is in a field.
func (p *tab) write(selector, text string) {
	p.tb.Helper()
	p.click(selector)
	eval[any](p, fmt.Sprintf(`void document.querySelector(%s).select()`, quote(selector)))
	if text == "" {
		p.press(kb.Backspace)
		return
	}
	p.press(text)
}

// choose selects an option of a select, as a keyboard does.
func (p *tab) choose(selector, value string) {
	p.tb.Helper()
	eval[any](p, fmt.Sprintf(`(() => {
		const select = document.querySelector(%s);
		select.focus();
		select.value = %s;
		if (select.value !== %[2]s) throw new Error('no such option');
		select.dispatchEvent(new Event('input', { bubbles: true }));
		select.dispatchEvent(new Event('change', { bubbles: true }));
	})()`, quote(selector), quote(value)))
}

// focused returns a name of what has the focus: #id, or its text.
func (p *tab) focused() string {
	p.tb.Helper()
	return eval[string](p, `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return '';
		return e.id ? '#' + e.id : e.name ? e.name : (e.innerText || e.getAttribute('aria-label') || e.tagName).trim();
	})()`)
}
