package browser_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// What the page must keep to.
const (
	mostInteraction = 100 * time.Millisecond // at the median
	mostInteractive = 300 * time.Millisecond
	mostLoaded      = 150 << 10 // bytes of a first load, compressed
	mostShare       = 0.05      // of a core, for a page that is open
)

// benchJobs returns how many jobs BENCH_JOBS names; without it the test is skipped.
func benchJobs(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BENCH_JOBS")
	if text == "" {
		t.Skip("BENCH_JOBS names no number of jobs")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("BENCH_JOBS: %v", err)
	}
	return n
}

// ticked starts the program with so many jobs, which its own schedules tick each 10 s.
func ticked(t *testing.T, n int) *server {
	t.Helper()
	s := local(t, "MAX_JOBS=5000")
	for i := range n {
		s.start(job{id: fmt.Sprintf("job-%04d", i), waiting: 40 + i%50, done: i % 40, budget: 3600, period: 10})
	}
	return s
}

// TestLongBench measures the page in Chromium while jobs are ticked.
func TestLongBench(t *testing.T) {
	n := benchJobs(t)
	s := ticked(t, n)
	t.Run("load", func(t *testing.T) { load(t, s) })
	t.Run("interaction", func(t *testing.T) { interaction(t, s, n) })
	t.Run("cost", func(t *testing.T) { cost(t, s) })
}

// load measures first loads: a profile without a cache each time.
func load(t *testing.T, s *server) {
	t.Helper()
	for path, ready := range map[string]string{
		"/ui/": `document.querySelectorAll('tr[data-id]').length >= 25`, "/ui/jobs/job-0007": `document.querySelectorAll('canvas').length === 4`,
	} {
		var bytes int64
		var took []time.Duration
		for i := range 9 {
			t.Run(fmt.Sprint(path, i), func(t *testing.T) { // which closes the page
				once, read := first(t, s, path, ready)
				took, bytes = append(took, once), read
			})
		}
		median := report(t, path+" interactive after", took)
		t.Logf("%s: %d bytes at the first load, with headers and data", path, bytes)
		if median > mostInteractive || bytes > mostLoaded || bytes == 0 {
			t.Errorf("%s: want at most %v and %d bytes", path, mostInteractive, mostLoaded)
		}
	}
}

// first returns how long the first load of a page takes until it is ready, and its bytes.
func first(t *testing.T, s *server, path, ready string) (took time.Duration, bytes int64) {
	t.Helper()
	p := open(t, s.url(), path, onLoad(fmt.Sprintf(`(function look() {
		if (%s) window.interactiveAfter = performance.now(); else requestAnimationFrame(look);
	})()`, ready)), call(network.Enable, network.EnableParams{}))
	p.until("the page is interactive", `window.interactiveAfter`)
	took = time.Duration(eval[float64](p, `window.interactiveAfter`) * float64(time.Millisecond))
	p.untilLive()
	for _, r := range p.asked(s.url()) {
		if !strings.Contains(r.url, "/overview/events") {
			bytes += r.bytes
		}
	}
	return took, bytes
}

// interaction measures how long it takes from an input until the rows are another page of
// the list and drawn.
func interaction(t *testing.T, s *server, n int) {
	t.Helper()
	p := open(t, s.url(), "/ui/?sort=id")
	p.untilLive()
	p.untilCount("tr[data-id]", 25)
	top := func(id string) string {
		return fmt.Sprintf(`document.querySelector('tr[data-id]')?.dataset.id === '%s'`, id)
	}
	var all []time.Duration
	measure := func(name, act, until string) []time.Duration {
		took := time.Duration(eval[float64](p, fmt.Sprintf(`new Promise((done, fail) => {
			const form = document.getElementById('filters');
			const begin = performance.now();
			%s;
			(function look() {
				if (%s) requestAnimationFrame(() => done(performance.now() - begin));
				else if (performance.now() - begin > 10000) fail(new Error(%q));
				else setTimeout(look, 1);
			})();
		})`, act, until, name)) * float64(time.Millisecond))
		all = append(all, took)
		return []time.Duration{took}
	}
	kinds := map[string][]time.Duration{}
	add := func(name, act, until string) { kinds[name] = append(kinds[name], measure(name, act, until)...) }
	input := func(text string) string {
		return fmt.Sprintf(`form.q.value = '%s'; form.q.dispatchEvent(new Event('input'))`, text)
	}
	order := func(value string) string {
		return fmt.Sprintf(`form.sort.value = '%s'; form.sort.dispatchEvent(new Event('change'))`, value)
	}
	for i := range 30 {
		id := fmt.Sprintf("job-%04d", (i*37+100)%n)
		add("filter", input(id), top(id)+` && document.querySelectorAll('tr[data-id]').length === 1`)
		add("all again", input(""), top("job-0000")+` && document.querySelectorAll('tr[data-id]').length === 25`)
		add("next page", `document.querySelector('[data-page=next]').click()`, top("job-0025"))
		add("order", order("-progress"), `!(`+top("job-0025")+`) && !(`+top("job-0000")+`)`)
		add("order by id", order("id"), top("job-0000"))
	}
	for name, took := range kinds {
		report(t, name, took)
	}
	if median := report(t, "all interactions", all); median >= mostInteraction {
		t.Errorf("want less than %v at the median", mostInteraction)
	}
}

// cost measures the time of the server's processors with and without a page that is open,
// in turn.
func cost(t *testing.T, s *server) {
	t.Helper()
	const turns, each = 3, 20 * time.Second
	var without, with float64
	for i := range turns {
		without += s.share(each)
		t.Run(fmt.Sprint("open", i), func(t *testing.T) { // which closes the page
			p := open(t, s.url(), "/")
			p.untilLive()
			p.untilCount("tr[data-id]", 25)
			with += s.share(each)
		})
	}
	more := (with - without) / turns
	t.Logf("the server takes %.1f %% of a core without a page, %.1f %% with one: %.1f %% more", 100*without/turns, 100*with/turns, 100*more)
	if more > mostShare {
		t.Errorf("want at most %.0f %% more", 100*mostShare)
	}
}

// share returns the share of a core that the server takes while some time passes.
func (s *server) share(each time.Duration) float64 {
	s.tb.Helper()
	before, begin := s.processors(), time.Now()
	<-time.After(each)
	return (s.processors() - before).Seconds() / time.Since(begin).Seconds()
}

// processors returns how long the server has used processors, from /proc: in user mode and
// in the kernel, in hundredths of a second.
func (s *server) processors() time.Duration {
	s.tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		s.tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	kernel, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		s.tb.Fatalf("%s: %v, %v", text, err1, err2)
	}
	return time.Duration(user+kernel) * 10 * time.Millisecond
}

// report logs the median and the rest of durations, and returns the median.
func report(t *testing.T, what string, took []time.Duration) time.Duration {
	t.Helper()
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[int(share*float64(len(took)-1))].Round(100 * time.Microsecond)
	}
	t.Logf("%s: least %v, median %v, 95 %% %v, most %v, of %d", what, at(0), at(0.5), at(0.95), at(1), len(took))
	return at(0.5)
}
