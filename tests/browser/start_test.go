package browser_test

import (
	"fmt"
	"testing"
)

// A start with wrong fields says what is wrong at each of them and starts nothing; once they
// are right the job is started and listed.
func TestStartDialog(t *testing.T) {
	t.Parallel()
	s := local(t)
	s.fill("job", 5, 0, 0)
	p := open(t, s.url(), "/")
	p.expect(`status of 400`)
	p.untilLive()
	p.click("#open-start")
	p.until("the dialog is open", `document.querySelector('#start-dialog').open`)
	p.write("#start [name=id]", "My_Job")
	p.write("#start [name=expected_time]", "-5")
	p.write("#start [name=number_of_jobs]", "none")
	p.click("#start [type=submit]")
	for _, name := range []string{"id", "expected_time", "number_of_jobs"} {
		p.until(name+" is marked as wrong", fmt.Sprintf(`document.querySelector('#start [name=%s]').getAttribute('aria-invalid') === 'true'`, name))
		if got := p.text(fmt.Sprintf("#start-%s-wrong", name)); got == "" {
			t.Errorf("nothing is said about %s", name)
		}
	}
	p.until("the error is shown", `document.querySelector('#start-error').offsetParent`)
	if got := p.focused(); got != "#start-id" {
		t.Errorf("the focus is on %q, want the first wrong field", got)
	}
	if _, text := s.call("GET", "/overview", ""); string(text) == "" || p.count("tr[data-id=My_Job]") != 0 {
		t.Errorf("a wrong job was started: %s", text)
	}
	p.write("#start [name=id]", "my-job")
	p.write("#start [name=expected_time]", "120")
	p.write("#start [name=number_of_jobs]", "")
	p.click("#start [type=submit]")
	p.until("the dialog is closed", `!document.querySelector('#start-dialog').open`)
	p.untilText("#started", "my-job")
	p.untilRows("my-job")
	status := s.status("my-job")
	if status.Budget != 120 || status.Items != 5 {
		t.Errorf("started with %g s and %d items, want 120 s and the 5 of the queue", status.Budget, status.Items)
	}
}

// A start that the server refuses for no field, and one that does not reach it, say so.
func TestStartIsRefused(t *testing.T) {
	t.Parallel()
	s := local(t, "MAX_JOBS=1")
	s.start(job{id: "first", waiting: 5})
	p := open(t, s.url(), "/")
	p.expect(`status of 4\d\d`)
	p.expectLoss()
	p.click("#open-start")
	p.write("#start [name=id]", "second")
	p.write("#start [name=expected_time]", "60")
	p.write("#start [name=number_of_jobs]", "5")
	p.click("#start [type=submit]")
	p.until("the limit is named", `document.querySelector('#start-error').offsetParent && /MAX_JOBS|too many/i.test(document.querySelector('#start-error').innerText)`)
	s.Stop()
	p.click("#start [type=submit]")
	p.untilText("#start-error", "does not answer")
}
