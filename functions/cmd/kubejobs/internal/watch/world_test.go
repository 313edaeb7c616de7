package watch_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/functions/cmd/kubejobs/internal/watch"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/world"
)

// text is what has been written so far.
type text struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all.String()
}

func (x *text) has(part string) func() bool {
	return func() bool { return strings.Contains(x.String(), part) }
}

// open returns a real server with jobs, and a client of it.
func open(t *testing.T, ids ...string) (*world.World, *client.Client) {
	t.Helper()
	w := world.Open(t, map[string]string{"TICK_SPACING": "0"}, world.Options{Begin: time.Now().Truncate(time.Second)})
	c, err := client.New(client.Options{Server: w.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		start(w, id)
	}
	return w, c
}

// start starts a job with lists of its own, called like it.
func start(w *world.World, id string) {
	w.Start(id, fmt.Sprintf(`"expected_time":3600,"number_of_jobs":10,"queue":{"pending":"p%[1]s","processing":"q%[1]s","results":"r%[1]s"}`, id))
}

// done makes so many of the ten items of a job be done, and ticks it.
func done(t *testing.T, w *world.World, id string, items int) {
	t.Helper()
	w.Jobs.Del(t.Context(), "p"+id)
	for range 10 - items {
		w.Jobs.RPush(t.Context(), "p"+id, "item")
	}
	w.Pass(2 * time.Second)
	w.Tick(id)
}

// watching runs Jobs, and returns what it has written and its result.
func watching(t *testing.T, c *client.Client, ids ...job.ID) (*text, <-chan error) {
	t.Helper()
	out, ended := &text{}, make(chan error, 1)
	t.Cleanup(func() { t.Logf("it has written:\n%s", out) })
	go func() { ended <- watch.Jobs(t.Context(), out, c, ids) }()
	return out, ended
}

// Several jobs are watched to their ends, and the exit status is that of the worst.
func TestSeveralJobs(t *testing.T) {
	t.Parallel()
	w, c := open(t, "a", "b", "c")
	out, ended := watching(t, c, "a", "b", "c", "d")
	proctest.Until(t, "all are shown", func() bool {
		return out.has("a pending")() && out.has("b pending")() && out.has("c pending")() && out.has("d at "+w.URL+": no such job\n")()
	})
	done(t, w, "a", 5)
	proctest.Until(t, "a runs", out.has("a running  [|===========-"))
	done(t, w, "a", 10)
	if got := w.Call(http.MethodPut, "/monitoring/b/stop", ""); got.Status != http.StatusNoContent {
		t.Fatal(got)
	}
	done(t, w, "c", 5)
	w.Pass(2 * time.Hour)
	done(t, w, "c", 10)
	if err := <-ended; exit.Of(err) != int(exit.Lost) || !exit.Said(err) {
		t.Errorf("it ends with %v, want the exit status 3", err)
	}
	for _, want := range []string{"\na: deadline met, 3596.0 s to spare\n", "\nb: stopped: stopped by a caller\n", "\nc: ", " s late\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

// Without ids all living jobs are watched, also those that start later, until none is left.
func TestAllLivingJobs(t *testing.T) {
	t.Parallel()
	w, c := open(t)
	out, ended := watching(t, c)
	if err := <-ended; err != nil || out.String() != "no job is living at "+w.URL+"\n" {
		t.Errorf("without a job: %q, %v", out, err)
	}
	start(w, "a")
	w.Pass(time.Second)
	out, ended = watching(t, c)
	proctest.Until(t, "a is shown", out.has("a pending"))
	start(w, "b")
	tick := func(what string, then func()) func() bool { // the server reads all jobs again each second
		return func() bool {
			w.Pass(time.Second)
			if then != nil {
				then()
				then = nil
			}
			return strings.Contains(out.String(), what)
		}
	}
	proctest.Until(t, "b is shown", tick("b pending", nil))
	proctest.Until(t, "a runs", tick("a running", func() { done(t, w, "a", 5) }))
	proctest.Until(t, "a ends", tick("a: deadline met, ", func() { done(t, w, "a", 10) }))
	proctest.Until(t, "b runs", tick("b running", func() { done(t, w, "b", 5) }))
	w.Pass(2 * time.Hour)
	proctest.Until(t, "b ends", tick(" s late\n", func() { done(t, w, "b", 10) }))
	if err := <-ended; exit.Of(err) != int(exit.Late) || !exit.Said(err) {
		t.Errorf("it ends with %v, want the exit status 2:\n%s", err, out)
	}
}

// A job that the server has forgotten cannot be watched any more.
func TestAForgottenJob(t *testing.T) {
	t.Parallel()
	w, c := open(t, "a")
	out, ended := watching(t, c, "a")
	proctest.Until(t, "a is shown", out.has("a pending"))
	w.State.Client().FlushAll(t.Context())
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "does not know the job a any more: has it lost its state?") || exit.Of(err) != 1 {
		t.Errorf("it ends with %v", err)
	}
}

// A server whose store does not answer is lost, and back with the store.
func TestTheStoreIsDown(t *testing.T) {
	t.Parallel()
	w, c := open(t, "a")
	out, _ := watching(t, c, "a")
	proctest.Until(t, "a is shown", out.has("a pending"))
	w.State.Pause()
	proctest.Until(t, "the server is lost", out.has("lost the server at "+w.URL+" (the state store does not answer); retrying\n"))
	w.State.Resume()
	proctest.Until(t, "the server is back", out.has("the server is back\n"))
}

// control matches what moves the cursor or erases.
var control = regexp.MustCompile(`\x1b\[[0-9]*[A-Z]|\r`)

// terminal is a terminal that a test sees.
type terminal struct {
	out   *text
	slave *os.File
}

func newTerminal(t *testing.T, columns, rows uint16) terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no terminal here: %v", err)
	}
	x := terminal{&text{}, slave}
	x.resize(t, columns, rows)
	t.Cleanup(func() { t.Logf("the last frame:\n%s", strings.Join(x.frame(), "\n")) })
	go func() {
		part := make([]byte, 4096)
		for {
			n, err := master.Read(part)
			_, _ = x.out.Write(part[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _, _ = slave.Close(), master.Close() })
	return x
}

func (x terminal) resize(t *testing.T, columns, rows uint16) {
	t.Helper()
	if err := pty.Setsize(x.slave, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

// frame returns the lines that were drawn last, whole.
func (x terminal) frame() []string {
	frames := strings.Split(x.out.String(), "\x1b[J")
	if len(frames) < 2 {
		return nil
	}
	whole, _, _ := strings.Cut(frames[len(frames)-2], "\x1b[")
	return strings.Split(control.ReplaceAllString(whole, ""), "\n")
}

// On a terminal a table is redrawn in its place, as wide and high as the terminal is.
func TestTerminal(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c", "d", "e", "f"}
	w, c := open(t, ids...)
	for _, id := range ids {
		done(t, w, id, 1)
		done(t, w, id, 2)
	}
	x := newTerminal(t, 180, 24)
	ended := make(chan error, 1)
	var all []job.ID
	for _, id := range ids {
		all = append(all, job.ID(id))
	}
	go func() { ended <- watch.Jobs(t.Context(), x.slave, c, all) }()
	drawn := func(columns, lines int, parts ...string) func() bool {
		return func() bool {
			frame := x.frame()
			if len(frame) != lines {
				return false
			}
			for _, line := range frame {
				if screen.Cells(line) >= columns {
					return false
				}
			}
			shown := strings.Join(frame, "\n")
			for _, part := range parts {
				if !strings.Contains(shown, part) {
					return false
				}
			}
			return true
		}
	}
	proctest.Until(t, "all jobs and columns", drawn(180, 7, "JOB  STATE    PROGRESS", "DEADLINE", "P50", "MARGIN", "P(MISS)", "REPLICAS", "ERROR", "f    running  [|=", "▁█ +"))
	x.resize(t, 60, 5)
	proctest.Until(t, "as many as fit", drawn(60, 4, "JOB  STATE", "a    running", "b    running", "and 4 more"))
	x.resize(t, 20, 3)
	proctest.Until(t, "hardly anything fits", drawn(20, 2, "JOB", "and 6 more"))
	x.resize(t, 120, 24)
	proctest.Until(t, "all jobs again", drawn(120, 7, "f    running"))
	for _, id := range ids {
		done(t, w, id, 10)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
	proctest.Until(t, "the verdicts", x.out.has("f: deadline met, "))
}

// The only job on a terminal has its line, and below it what else is known.
func TestTerminalOfOneJob(t *testing.T) {
	t.Parallel()
	w, c := open(t, "a")
	for i := range 6 {
		done(t, w, "a", i)
	}
	x := newTerminal(t, 150, 24)
	go func() { _ = watch.Jobs(t.Context(), x.slave, c, []job.ID{"a"}) }()
	proctest.Until(t, "both lines", func() bool {
		frame := strings.Join(x.frame(), "\n")
		return strings.Contains(frame, "a running  [|===") && strings.Contains(frame, "\ndeadline ") && strings.Contains(frame, "p50 ") &&
			strings.Contains(frame, "▁") && strings.Contains(frame, "█ +")
	})
}
