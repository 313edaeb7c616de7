package browser_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/proctest"
)

const (
	demoBudget = 90 * time.Second
	demoShare  = 0.62      // of its items are done when the pictures are taken
	mostBytes  = 150 << 10 // of a picture
)

// beside are the jobs that run beside the demo, each with steady workers of its own.
var beside = []struct {
	job     job
	workers int
	each    time.Duration // that a worker needs for an item
	most    int           // items that its workers do before they stop; 0: all
}{
	{job: job{id: "thumbnails", waiting: 2000, budget: 130}, workers: 4, each: 200 * time.Millisecond},
	{job: job{id: "invoices", waiting: 600, budget: 100}, workers: 2, each: 450 * time.Millisecond},
	{job: job{id: "transcode", waiting: 400, budget: 240}, workers: 3, each: 250 * time.Millisecond, most: 150},
	{job: job{id: "nightly-report", waiting: 150, budget: 40}, workers: 3, each: 250 * time.Millisecond},
	{job: job{id: "mail-merge", waiting: 80, budget: 25}, workers: 1, each: 400 * time.Millisecond},
	{job: job{id: "archive", waiting: 500, budget: 600}},
}

// TestLongScreenshots takes the pictures of the documents while the demo and other jobs run,
// into the folder that SCREENSHOTS names; without it the test is skipped.
func TestLongScreenshots(t *testing.T) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		t.Skip("SCREENSHOTS names no folder")
	}
	s := startDemo(t)
	for _, b := range beside {
		s.start(b.job)
		crew{client: s.queue, id: b.job.id, workers: b.workers, each: b.each, most: b.most}.run(t)
	}
	for next := time.Tick(500 * time.Millisecond); ; <-next {
		if at := s.status("demo"); at.Progress != nil && at.Progress.Job >= demoShare {
			break
		}
	}
	list := open(t, s.url(), "/")
	list.untilCount("tr[data-id]", 1+len(beside))
	demo := list.another("/ui/jobs/demo")
	for _, plot := range plots {
		demo.until(plot+" is drawn", fmt.Sprintf(`(%s)(document.querySelector('figure[data-plot=%s] canvas'))`, painted, plot))
	}
	for _, p := range []*tab{list, demo} {
		p.untilLive()
	}
	for _, look := range []string{"light", "dark"} {
		list.picture(folder, "list-"+look, look, 1180, ".list")
		demo.picture(folder, "job-"+look, look, 1180, "figure[data-plot=replicas]")
	}
	list.picture(folder, "list-phone", "light", 390, "")
	demo.picture(folder, "job-phone", "light", 390, "")
}

// picture saves what a tab shows from its top to the end of an element, or as much as a
// phone shows.
func (p *tab) picture(folder, name, look string, wide int64, last string) {
	p.tb.Helper()
	const phone = 844
	high, scale := 2400.0, 1.5
	if last == "" {
		high, scale = phone, 2
	}
	p.do(scheme(look), call(emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true}),
		chromedp.EmulateViewport(wide, int64(high), chromedp.EmulateScale(scale)))
	eval[any](p, `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn, 500))))`) // a bar moves
	if last != "" {
		high = eval[float64](p, fmt.Sprintf(`document.querySelector(%s).getBoundingClientRect().bottom`, quote(last))) + 16
	}
	beyond := true
	taken, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: float64(wide), Height: high, Scale: 1}, CaptureBeyondViewport: &beyond,
	})
	if err != nil {
		p.tb.Fatal(err)
	}
	picture := small(p.tb, taken.Data)
	if len(picture) > mostBytes {
		p.tb.Errorf("%s has %d bytes, want at most %d", name, len(picture), mostBytes)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		p.tb.Fatal(err)
	}
}

var announced = regexp.MustCompile(`http://[\d.:]+`)

// startDemo starts the demo, which chooses its own address and says it.
func startDemo(t *testing.T) *server {
	t.Helper()
	port := proctest.FreePort(t)
	cmd := exec.CommandContext(t.Context(), program, "local", "--demo", "--budget", demoBudget.String(), "--redis-port", strconv.Itoa(port))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it is killed with the context of the test
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the demo says nothing")
	}
	address := announced.FindString(lines.Text())
	go func() {
		for lines.Scan() { // it must not be blocked
		}
	}()
	s := &server{tb: t, address: address, queue: redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port)})}
	t.Cleanup(func() { _ = s.queue.Close() })
	proctest.Until(t, "the demo's job is started", func() bool {
		status, _ := s.call("GET", "/monitoring/demo", "")
		return status == 200
	})
	return s
}
