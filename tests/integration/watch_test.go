package integration_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// watching is a running `kubejobs watch`.
type watching struct {
	cmd *exec.Cmd
	out *lines
}

// lines is what a command has written so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// watch follows a job as `kubejobs watch ID | cat` does.
func watch(t *testing.T, id, server string) *watching {
	t.Helper()
	w := &watching{cmd: exec.Command(program, "watch", id, "--server", server), out: &lines{}}
	w.cmd.Stdout, w.cmd.Stderr = w.out, w.out
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	return w
}

// expectExit waits for the end, and returns the last line.
func (w *watching) expectExit(t *testing.T, want int) string {
	t.Helper()
	err := w.cmd.Wait()
	if got := w.cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("exit: %v, want %d\n%s", err, want, w.out)
	}
	all := strings.Split(strings.TrimSpace(w.out.String()), "\n")
	return all[len(all)-1]
}

// The exit status and the last line are the verdict.
func TestWatchEndsWithTheVerdict(t *testing.T) {
	t.Parallel()
	state, queue := redistest.Start(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t), "RETRIES=1", "FAIL_AFTER=0s")
	start := func(id, expected string, redisPort int) {
		body := `{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"number_of_jobs":1000,"redis_ip":"127.0.0.1",` +
			`"expected_time":` + expected + `,"redis_port":` + strconv.Itoa(redisPort) + `}}`
		if status, text, err := s.call(t.Context(), http.MethodPost, "/monitoring/"+id, []byte(body)); err != nil || status != http.StatusAccepted {
			t.Fatalf("start %s: %d %s %v", id, status, text, err)
		}
	}
	start("met", "600", queue.Port())
	start("late", "0.001", queue.Port())
	start("failed", "600", proctest.FreePort(t))
	start("stopped", "600", queue.Port())
	watches := map[string]*watching{}
	for _, id := range []string{"met", "late", "failed", "stopped"} {
		watches[id] = watch(t, id, s.Addr())
		proctest.Until(t, "the job is shown", func() bool { return strings.Contains(watches[id].out.String(), id+" pending") })
	}
	fillQueue(t, queue, 1000)
	for _, id := range []string{"met", "late"} { // work is seen, then none is left
		if _, _, err := s.deliver(t.Context(), newTick(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := queue.Client().Del(t.Context(), "job").Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"met", "late", "failed"} {
		proctest.Until(t, id+" ends", func() bool {
			if _, _, err := s.deliver(t.Context(), newTick(id)); err != nil {
				t.Fatal(err)
			}
			return !s.status(id).Phase.Living()
		})
	}
	if _, _, err := s.call(t.Context(), http.MethodPut, "/monitoring/stopped/stop", nil); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]struct {
		status int
		last   string
		ending string
	}{
		"met":     {0, "deadline met, ", "met finished"},
		"late":    {2, " s late", "late finished"},
		"failed":  {3, "failed: ", "failed failed "},
		"stopped": {3, "stopped", "stopped stopped"},
	} {
		last := watches[id].expectExit(t, want.status)
		if !strings.Contains(last, want.last) || !strings.Contains(watches[id].out.String(), want.ending) {
			t.Errorf("%s: last line %q, want %q after %q:\n%s", id, last, want.last, want.ending, watches[id].out)
		}
		if reason := s.status(id).Reason; !strings.Contains(watches[id].out.String(), reason) {
			t.Errorf("%s: the reason %q is not shown:\n%s", id, reason, watches[id].out)
		}
	}
}

// watch says that the server is lost and that it is back, and ends well by Ctrl-C.
func TestWatchLosesItsServer(t *testing.T) {
	t.Parallel()
	state, queue := redistest.Start(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	s.startJob("a", queue, 3600)
	for _, stop := range []struct {
		what       string
		stop, back func()
		within     time.Duration // on a quiet machine half of it
	}{
		{"is killed", s.Stop, s.Restart, 2 * time.Second},
		{"hangs", s.Pause, s.Resume, 10 * time.Second}, // its stream has a heartbeat each two seconds
	} {
		w := watch(t, "a", "http://"+s.Addr())
		proctest.Until(t, "the job is shown", func() bool { return strings.Contains(w.out.String(), "a pending") })
		began := time.Now()
		stop.stop()
		proctest.Until(t, "the server is lost", func() bool { return strings.Contains(w.out.String(), "lost the server") })
		if took := time.Since(began); took > stop.within {
			t.Errorf("the server %s: watch said so after %v", stop.what, took)
		}
		stop.back()
		proctest.Until(t, "the server is back", func() bool { return strings.Contains(w.out.String(), "the server is back") })
		if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		w.expectExit(t, 0)
		if got := strings.Count(w.out.String(), "lost the server"); got != 1 {
			t.Errorf("the server %s: lost %d times, want once:\n%s", stop.what, got, w.out)
		}
	}
}

// What is no kubejobs is said to be none, at once.
func TestWatchOfSomethingElse(t *testing.T) {
	t.Parallel()
	state := redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL())
	web := blackHole(t)
	tests := map[string]struct{ server, want string }{
		"an unknown job":     {s.Addr(), "no such job"},
		"a path before":      {s.Addr() + "/x", "this is not kubejobs: http://" + s.Addr() + "/x answers 404 Not Found: no such path"},
		"another web server": {web, "this is not kubejobs: " + web},
		"without a scheme":   {strings.TrimPrefix(web, "http://"), "this is not kubejobs: " + web},
		"a Redis":            {state.Addr(), "this is not kubejobs: http://" + state.Addr()},
		"HTTPS":              {"https://" + s.Addr(), "this is not kubejobs: https://" + s.Addr()},
		"another scheme":     {"ftp://" + s.Addr(), "--server: want http://HOST:PORT"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, "a", tt.server)
			began := time.Now()
			if last := w.expectExit(t, 1); !strings.Contains(last, tt.want) || time.Since(began) > 3*time.Second {
				t.Errorf("it says %q after %v, want %q at once", last, time.Since(began), tt.want)
			}
		})
	}
}

// announcedPage matches the address of the page, which local says first, and of the API.
var announcedPage = regexp.MustCompile(`^(http://127\.0\.0\.1:\d+)/ shows the jobs in a browser\.\nkubejobs listens on http://127\.0\.0\.1:\d+, `)

// The demo and local end by Ctrl-C: local well.
func TestLocalEndsByCtrlC(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(program, "local")
	cmd.Env = []string{"PORT=0", "LOG_LEVEL=error"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	banner := make([]byte, 4096)
	n, err := io.ReadAtLeast(out, banner, len("http://127.0.0.1:"))
	if err != nil || !announcedPage.Match(banner[:n]) || strings.Contains(string(banner[:n]), "127.0.0.1:0") {
		t.Errorf("announced %q, %v, want the port that was found", banner[:n], err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		exit, _ := errors.AsType[*exec.ExitError](err)
		t.Errorf("exit: %v %v, want success", err, exit)
	}
}
