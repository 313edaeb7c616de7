package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/monitor"
)

// rows returns the ids of the rows that the list shows, from top to bottom.
func (p *tab) rows() []string {
	p.tb.Helper()
	return eval[[]string](p, `[...document.querySelectorAll('table#jobs tr[data-id]')].filter((row) => row.offsetParent).map((row) => row.dataset.id)`)
}

// untilRows waits until the list shows these jobs, in this order.
func (p *tab) untilRows(want ...string) {
	p.tb.Helper()
	var got []string
	defer func() {
		if diff := cmp.Diff(want, got); diff != "" {
			p.tb.Logf("rows (-want +got):\n%s", diff)
		}
	}()
	p.untilGo(fmt.Sprintf("the list shows %q", want), func() bool {
		got = p.rows()
		return slices.Equal(got, want)
	})
}

// untilLive waits until the page says that it is live.
func (p *tab) untilLive() {
	p.tb.Helper()
	p.untilState("live")
}

// untilState waits until the page says so about its connection.
func (p *tab) untilState(want string) {
	p.tb.Helper()
	p.until("the page is "+want, `document.querySelector('#live').dataset.state === `+quote(want))
}

// overview returns the ids that the server lists.
func (s *scene) overview(query string) []string {
	s.tb.Helper()
	got := s.Call(http.MethodGet, "/overview?"+query, "")
	var overview monitor.Overview
	if err := json.Unmarshal([]byte(got.Body), &overview); err != nil || got.Status != http.StatusOK {
		s.tb.Fatalf("overview: %d %s %v", got.Status, got.Body, err)
	}
	var ids []string
	for _, status := range overview.Jobs {
		ids = append(ids, string(status.ID))
	}
	return ids
}

// The list shows each job with its state, the most urgent first, at the address that a person
// types.
func TestList(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/")
	p.untilRows(s.overview("")...)
	for _, a := range actors() {
		status := s.Status(a.id)
		row := fmt.Sprintf("tr[data-id=%q]", a.id)
		if got := p.text(row); !strings.Contains(got, strings.ReplaceAll(status.State, "-", " ")) {
			t.Errorf("%s: the row does not show %q: %s", a.id, status.State, got)
		}
		if status.Progress != nil {
			p.untilText(row, fmt.Sprintf("%.0f %%", 100*status.Progress.Job))
		}
	}
	p.untilText(`tr[data-id="unobserved"]`, "cannot read the queue")
	p.click(`tr[data-id="stalled"] a`)
	p.untilHeading("stalled")
}

// Without JavaScript a page says that it needs it, and where the jobs are.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := local(t)
	s.start(job{id: "a", waiting: 10})
	p := open(t, s.url(), "/", withoutScripts())
	for _, path := range []string{"/", "/ui/jobs/a"} {
		p.visit(path)
		p.untilText("main", "needs JavaScript")
	}
	p.click("main .notice a")
	p.untilText("body", `"id":"a"`)
}

// A row changes in place, without a reload: the focus stays where it is.
func TestListLive(t *testing.T) {
	t.Parallel()
	s := local(t, handTicked(t)...)
	s.start(job{id: "a", waiting: 100})
	s.start(job{id: "b", waiting: 100})
	p := open(t, s.url(), "/")
	p.untilCount("tr[data-id]", 2)
	p.untilLive()
	eval[any](p, `void (document.querySelector('tr[data-id="b"]').mark = document.querySelector('tr[data-id="b"] a').focus() ?? 1)`)
	for _, done := range []int{20, 45} {
		s.fill("b", 100-done, 0, done)
		s.tick("b")
		p.untilText(`tr[data-id="b"]`, fmt.Sprintf("%d %%", done))
	}
	if !eval[bool](p, `document.querySelector('tr[data-id="b"]').mark === 1`) {
		t.Error("the row is another element")
	}
	if got := p.focused(); got != "b" {
		t.Errorf("the focus is on %q, want the link of b", got)
	}
	s.start(job{id: "c", waiting: 100})
	p.untilCount(`tr[data-id="c"]`, 1)
	s.fill("b", 0, 0, 100)
	s.tick("b")
	p.untilText(`tr[data-id="b"]`, "finished")
	p.untilText("#announce", "b is now finished")
}

// A text and a state select what is shown, alone and together.
func TestFilter(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := open(t, s.URL, "/")
	p.untilLive()
	p.write("input#filter", "st")
	p.untilRows(s.overview("q=st")...)
	p.choose("select#state", "stalled")
	p.untilRows("stalled")
	p.write("input#filter", "")
	p.choose("select#state", "failed")
	p.untilRows("failed")
	p.write("input#filter", "nothing-like-this")
	p.until("that nothing matches is said", `document.querySelector('#empty').offsetParent`)
	p.visit("/ui/?q=at&state=at-risk") // as the address was while that was shown
	p.untilRows("at-risk")
	p.choose("select#state", "")
	p.write("input#filter", "")
	p.choose("select#sort", "id")
	p.untilRows(s.overview("sort=id")...)
}

// Many jobs are shown in pages, each job on one of them.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := local(t, handTicked(t)...)
	for i := range 60 {
		s.start(job{id: fmt.Sprintf("job-%02d", i), items: 10})
	}
	p := open(t, s.url(), "/ui/?sort=id")
	p.untilLive()
	expect := func(from, to int) {
		t.Helper()
		var want []string
		for i := from; i < to; i++ {
			want = append(want, fmt.Sprintf("job-%02d", i))
		}
		p.untilRows(want...)
		p.untilText("nav#pages", "60")
	}
	expect(0, 25)
	p.click("[data-page=next]")
	expect(25, 50)
	p.click("[data-page=next]")
	expect(50, 60)
	p.until("there is no further page", `document.querySelector('[data-page=next]').disabled`)
	p.click("[data-page=previous]")
	expect(25, 50)
	s.fill("job-30", 5, 0, 5)
	s.tick("job-30")
	p.untilText(`tr[data-id="job-30"]`, "50 %") // the page that is shown is live
	p.write("input#filter", "job-0")
	expectFirst := []string{}
	for i := range 10 {
		expectFirst = append(expectFirst, fmt.Sprintf("job-%02d", i))
	}
	p.untilRows(expectFirst...)
}

// A system without jobs says so, and how to start one; the first job replaces that.
func TestEmptySystem(t *testing.T) {
	t.Parallel()
	s := local(t)
	p := open(t, s.url(), "/")
	p.untilLive()
	p.untilText("#empty", "curl")
	p.until("there is no empty table", `!document.querySelector('table#jobs').offsetParent`)
	s.start(job{id: "a", waiting: 3})
	p.untilRows("a")
	p.until("the hint is gone", `!document.querySelector('#empty').offsetParent`)
}
