package browser_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// painted reports whether a canvas has pixels of several colours.
const painted = `(canvas) => {
	if (!canvas || !canvas.width || !canvas.height) return false;
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	const colours = new Set();
	for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
	return colours.size > 1;
}`

// plots are the kinds of plots of a job's page.
var plots = []string{"progress", "error", "replicas", "lateness"}

// The page of a job shows what is known of it: its plots are drawn, and said in words.
func TestJobPage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/ui/jobs/stalled")
	for _, plot := range plots {
		figure := fmt.Sprintf("figure.plot[data-plot=%s]", plot)
		p.until(plot+" is drawn", fmt.Sprintf(`(%s)(document.querySelector('%s canvas'))`, painted, figure))
		said := eval[string](p, fmt.Sprintf(`(() => {
			const figure = document.querySelector('%s');
			const canvas = figure.querySelector('canvas');
			return [figure.innerText, canvas.getAttribute('aria-label'), canvas.innerText,
				canvas.closest('[role=img]')?.getAttribute('aria-label')].join(' ');
		})()`, figure))
		if !strings.ContainsAny(said, "0123456789") {
			t.Errorf("the plot %s says no figure in words: %q", plot, said)
		}
	}
	status := s.Status("stalled")
	for _, problem := range status.Problems {
		p.untilText("#problems", problem.Text)
	}
	if len(status.Problems) == 0 {
		t.Error("a stalled job has no problem")
	}
	for _, event := range status.Events {
		p.untilText("#events", strings.ReplaceAll(string(event.Kind), "-", " "))
	}
	if len(status.Events) < 2 {
		t.Errorf("a job that started and stalled has the events %v", status.Events)
	}
	p.untilText("#ticks", strconv.FormatInt(status.Ticks.Received, 10))
	p.untilHeading("stalled")
}

// The page of an ended job has its report and what came of it; that of a failed job says why.
func TestEndedJobPage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/ui/jobs/finished")
	for _, want := range []string{"the deadline was met", "Execution time", "Error at the end"} {
		p.until("the report says "+want, fmt.Sprintf(`document.querySelector('#report').innerText.toLowerCase().includes(%s)`, quote(strings.ToLower(want))))
	}
	for _, want := range []string{"Rate over the run", "1.0 items/s", "Longest stall", "How good the forecasts were"} {
		p.untilText("#postmortem", want)
	}
	p.until("a job that ended cannot be stopped", `!document.querySelector('#stop') || document.querySelector('#stop').offsetParent === null`)
	p.visit("/ui/jobs/late")
	p.untilText("#report", "The deadline was missed by")
	p.visit("/ui/jobs/failed")
	p.untilText("body", "cannot read the queue")
	p.visit("/ui/jobs/stopped")
	p.untilText("body", "stopped by a caller")
}

// The page of a job that does not exist says so, waits, and shows the job once it is started.
func TestUnknownJobPage(t *testing.T) {
	t.Parallel()
	s := local(t)
	p := open(t, s.url(), "/ui/jobs/not-yet")
	p.expect(`status of 404`)
	p.untilHeading("There is no such job")
	p.untilText("#missing", "not-yet")
	p.untilLive()
	eval[any](p, `void (window.mark = 1)`)
	s.start(job{id: "not-yet", waiting: 10})
	p.untilHeading("not-yet")
	p.untilShown("#stop")
	p.untilHidden("#missing")
	if !eval[bool](p, `window.mark === 1`) {
		t.Error("the page was loaded again")
	}
}

// An address that no job can have is one of a page that does not exist.
func TestNoSuchPage(t *testing.T) {
	t.Parallel()
	s := local(t)
	p := open(t, s.url(), "/ui/jobs/A_B")
	p.expect(`status of 404`)
	p.untilHeading("There is no such page")
	if got := p.statuses("/ui/jobs/A_B"); len(got) != 1 || got[0] != http.StatusNotFound {
		t.Errorf("the page is answered %v, want 404", got)
	}
	p.click("main a.button")
	p.untilHeading("Jobs")
}

// The page follows a job: what a tick found is shown without a reload, and the end brings
// the report.
func TestJobPageLive(t *testing.T) {
	t.Parallel()
	s := local(t, handTicked(t)...)
	s.start(job{id: "a", waiting: 100})
	s.tick("a")
	p := open(t, s.url(), "/ui/jobs/a")
	p.until("it is live", `document.querySelector('#live').dataset.state === 'live'`)
	eval[any](p, `void (window.mark = 1)`)
	for _, done := range []int{30, 60} {
		s.fill("a", 100-done, 0, done)
		s.tick("a")
		p.untilText("main", fmt.Sprintf("%d %%", done))
	}
	s.fill("a", 0, 0, 100)
	s.tick("a")
	p.untilText("#report", "Error at the end")
	p.untilText("#events", "finished")
	if !eval[bool](p, `window.mark === 1`) {
		t.Error("the page was loaded again")
	}
}

// A what-if answers for other replicas and another deadline, and changes nothing.
func TestWhatIf(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before := s.Call(http.MethodGet, "/monitoring/running", "").Body
	p := open(t, s.URL, "/ui/jobs/running")
	p.until("the form is shown", `document.querySelector('form#what-if').offsetParent !== null`)
	slide := func(name, value string) string {
		before := p.text("#what-if-answer")
		eval[any](p, fmt.Sprintf(`(() => {
			const slider = document.querySelector('form#what-if').elements.namedItem(%s);
			slider.value = slider[%s];
			slider.dispatchEvent(new Event('input', { bubbles: true }));
			slider.dispatchEvent(new Event('change', { bubbles: true }));
		})()`, quote(name), quote(value)))
		p.untilGo(name+" at its "+value+" has another answer", func() bool {
			got := p.text("#what-if-answer")
			return got != "" && got != before
		})
		return p.text("#what-if-answer")
	}
	slow := slide("replicas", "min")
	if fast := slide("replicas", "max"); fast == slow {
		t.Errorf("the least and the most replicas have the same answer: %s", fast)
	}
	slide("deadline", "min")
	if got := len(p.asked("/monitoring/running/forecast?")); got == 0 {
		t.Error("the page asked for no forecast")
	}
	if after := s.Call(http.MethodGet, "/monitoring/running", "").Body; after != before {
		t.Errorf("the what-if changed the job:\n%s\n%s", before, after)
	}
}

// A job is stopped once that is confirmed.
func TestStop(t *testing.T) {
	t.Parallel()
	s := local(t)
	s.start(job{id: "a", waiting: 100})
	p := open(t, s.url(), "/ui/jobs/a")
	p.click("#stop")
	p.until("the dialog is open", `document.querySelector('#stop-dialog').open`)
	p.click("#stop-dialog [data-close]")
	p.until("the dialog is closed", `!document.querySelector('#stop-dialog').open`)
	if got := s.status("a").Phase; !got.Living() {
		t.Fatalf("the job is %s, but nothing was confirmed", got)
	}
	p.click("#stop")
	p.click("#stop-confirm")
	p.untilText("main", "stopped")
	if got := s.status("a").Phase; got != "stopped" {
		t.Errorf("the job is %s, want stopped", got)
	}
}
