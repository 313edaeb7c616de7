package browser_test

import (
	"fmt"
	"testing"

	"kubejobs/shared/testkit/redistest"
)

// A page says that it lost the server, keeps what it shows, and goes on by itself once the
// server is back.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	state := redistest.Start(t)
	s := localOn(t, state, handTicked(t)...)
	s.start(job{id: "a", waiting: 100})
	list := open(t, s.url(), "/")
	list.expectLoss()
	page := list.another("/ui/jobs/a")
	for _, p := range []*tab{list, page} {
		p.untilLive()
		eval[any](p, `void (window.mark = 1)`)
	}
	s.Stop()
	for _, p := range []*tab{list, page} {
		p.untilState("lost")
		p.untilText("#live", "lost")
	}
	list.untilRows("a")
	s.Restart()
	for _, p := range []*tab{list, page} {
		p.untilLive()
	}
	s.fill("a", 70, 0, 30)
	s.tick("a")
	for _, p := range []*tab{list, page} {
		p.untilText("main", "30 %")
		if !eval[bool](p, `window.mark === 1`) {
			t.Error("the page was loaded again")
		}
	}
}

// A page says that the store does not answer, and since when it is so, and goes on once it
// answers.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	state := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := localOn(t, state, handTicked(t)...)
	s.start(job{id: "a", waiting: 100})
	p := open(t, s.url(), "/")
	p.untilLive()
	state.Stop()
	p.untilState("trouble")
	p.untilText("#live", "store does not answer")
	p.untilRows("a")
	fresh := open(t, s.url(), "/") // a page that has shown nothing yet
	fresh.expect(`status of 503`)
	for _, path := range []string{"/", "/ui/jobs/a"} {
		fresh.visit(path)
		fresh.untilShown("#failed")
		fresh.untilText("#failed", "store does not answer")
		fresh.untilState("trouble")
	}
	state.Restart()
	p.untilLive()
	s.fill("a", 60, 0, 40)
	s.tick("a")
	p.untilText(`tr[data-id="a"]`, "40 %")
	fresh.untilHeading("a")
	fresh.untilHidden("#failed")
}

// However many tabs and jobs a browser shows, it has one stream, and other requests are not
// held up by it.
func TestOneStream(t *testing.T) {
	t.Parallel()
	s := local(t, handTicked(t)...)
	for i := range 50 {
		s.start(job{id: fmt.Sprintf("job-%02d", i), waiting: 100})
	}
	r := newRelay(t, s.url())
	const stream = "/overview/events"
	first := open(t, r.url, "/ui/?sort=id")
	tabs := []*tab{first}
	for _, path := range []string{
		"/ui/?sort=id&offset=25", "/ui/?q=job-1", "/ui/jobs/job-01", "/ui/jobs/job-02", "/ui/jobs/job-03", "/ui/jobs/job-30",
	} { // seven tabs: more than a browser's connections to a host
		tabs = append(tabs, first.another(path))
	}
	for _, p := range tabs {
		p.untilLive()
	}
	first.untilGo("there is one stream", func() bool { return r.underWay(stream) == 1 })
	before := len(r.answers(stream))
	for i := range 50 {
		id := fmt.Sprintf("job-%02d", i)
		s.fill(id, 37, 0, 63)
		s.tick(id)
	}
	for i, p := range tabs {
		p.untilText("main", "63 %")
		if got := eval[int](p, `fetch('/overview?limit=1').then((answer) => answer.status)`); got != 200 {
			t.Errorf("tab %d: another request is answered %d", i, got)
		}
	}
	if got := r.underWay(stream); got > 1 {
		t.Errorf("%d streams at once", got)
	}
	// The server ends a stream after 20 s; nothing else reopens it.
	if got := len(r.answers(stream)) - before; got > 3 {
		t.Errorf("%d new streams while nothing changed but the jobs", got)
	}
}
