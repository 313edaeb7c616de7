package readme_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// The ports that the documents name. A test replaces them by free ones, and the
// folder /tmp by one of its own; it changes nothing else.
const (
	port      = "8080"
	redisPort = "6390"
	folder    = "/tmp/"
)

// scriptTimeout bounds all commands together. The job among them takes ten
// seconds; the rest is for a busy machine, which also compiles.
const scriptTimeout = 3 * time.Minute

// TestCommands runs every command of README.md and functions/README.md, in the
// order of the text, against the server that the first one starts.
func TestCommands(t *testing.T) {
	t.Parallel()
	var all []block
	for _, document := range []string{"README.md", "functions/README.md"} {
		all = append(all, blocks(t, document)...)
	}
	s := start(t, firstShell(t, all))
	const smallest = `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`
	if code, text := s.call(t, http.MethodPost, "/monitoring/demo", smallest); code != http.StatusBadRequest {
		t.Errorf("a start on an empty queue: %d %s, want 400 as the text says", code, text)
	}
	output := s.run(t, s.script(t, all))
	for _, want := range []string{
		"demo finished", `"final_error":[`, "timestamp,at,job_progress", "event: sample", `"phase":"finished"`,
	} {
		if !strings.Contains(output, want) {
			t.Errorf("the commands do not show %q:\n%s", want, output)
		}
	}
	if strings.Contains(output, `"error_code"`) {
		t.Errorf("a call was refused:\n%s", output)
	}
	s.checkOutcome(t)
}

// server is the kubejobs that the commands speak to.
type server struct {
	*proctest.Process
	redis  int // port of its Redis
	folder string
}

// start starts the program with the arguments of a block: not with `go run`, which
// would leave it behind when it is killed.
func start(t *testing.T, b block) *server {
	t.Helper()
	arguments, ok := strings.CutPrefix(strings.TrimSpace(b.text), "go run ./functions/cmd/kubejobs ")
	if !ok || !strings.Contains(arguments, redisPort) {
		t.Fatalf("%s:%d: want the command that starts the server with its Redis on port %s, got %q",
			b.document, b.line, redisPort, b.text)
	}
	s := &server{folder: t.TempDir() + "/"}
	s.Process = proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			s.redis = proctest.FreePort(t)
			cmd := exec.Command(program, strings.Fields(strings.ReplaceAll(arguments, redisPort, strconv.Itoa(s.redis)))...)
			_, own, _ := strings.Cut(addr, ":")
			cmd.Env = append(os.Environ(), "PORT="+own)
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
	return s
}

// firstShell returns the block that starts the server.
func firstShell(t *testing.T, all []block) block {
	t.Helper()
	for _, b := range all {
		if b.info == "sh" {
			return b
		}
	}
	t.Fatal("README.md has no shell block")
	return block{}
}

// fileName finds the name under which a text tells to save a block.
var fileName = regexp.MustCompile("`" + folder + "([a-z]+\\.(?:py|go))`")

// savedAs returns the name under which the text before a block tells to save it.
func (b block) savedAs(t *testing.T) string {
	t.Helper()
	name := fileName.FindStringSubmatch(b.before)
	if name == nil {
		t.Fatalf("%s:%d: the text before does not say where to save this", b.document, b.line)
	}
	return name[1]
}

// script saves the Python blocks and joins the shell blocks, except for the one
// that starts the server.
func (s *server) script(t *testing.T, all []block) string {
	t.Helper()
	text := strings.NewReplacer(port, strconv.Itoa(s.Port()), redisPort, strconv.Itoa(s.redis), folder, s.folder)
	server := firstShell(t, all)
	var script strings.Builder
	for _, b := range all {
		switch {
		case b.info == "python":
			if err := os.WriteFile(s.folder+b.savedAs(t), []byte(text.Replace(b.text)), 0o600); err != nil {
				t.Fatal(err)
			}
		case b.info == "sh" && b != server:
			fmt.Fprintf(&script, "echo '== %s:%d'\n%s\n", b.document, b.line, text.Replace(b.text))
		}
	}
	return script.String()
}

// run pastes a script into a shell in the folder of the repository and returns its
// output. The first command that fails ends it. A command that reads from the
// terminal gets the next lines, which are missing then.
func (s *server) run(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-s")
	cmd.Stdin = strings.NewReader(script)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PATH="+pythonPath(t)+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with what it starts in the background
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // workers of a script that failed
	}
	if err != nil {
		t.Fatalf("the commands fail: %v\n%s", errors.Join(err, ctx.Err()), output)
	}
	return string(output)
}

// pythonPath returns what to put before PATH so that python3 is one that has
// the module redis: "" if it already is, or a folder with Debian's.
func pythonPath(t *testing.T) string {
	t.Helper()
	has := func(python string) bool { return exec.Command(python, "-c", "import redis").Run() == nil }
	const debian = "/usr/bin/python3"
	switch {
	case has("python3"):
		return ""
	case has(debian):
		dir := t.TempDir()
		if err := os.Symlink(debian, filepath.Join(dir, "python3")); err != nil {
			t.Fatal(err)
		}
		return dir + ":"
	default:
		t.Fatal("python3-redis is not installed: run `make test`, which installs it")
		return ""
	}
}

// checkOutcome checks what the commands left behind: a finished job with its
// report, and a result for every item.
func (s *server) checkOutcome(t *testing.T) {
	t.Helper()
	var status monitor.Status
	code, text := s.call(t, http.MethodGet, "/monitoring/demo", "")
	if err := json.Unmarshal(text, &status); err != nil || status.Phase != job.PhaseFinished || status.Progress.Job != 1 {
		t.Errorf("status: %d %s %v, want a finished job", code, text, err)
	}
	var report job.Report
	code, text = s.call(t, http.MethodGet, "/monitoring/demo/report", "")
	if err := json.Unmarshal(text, &report); err != nil || code != http.StatusOK || report.FinalError.Value == nil {
		t.Errorf("report: %d %s %v, want 200 with the final error", code, text, err)
	}
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(s.redis)})
	defer client.Close()
	for list, want := range map[string]int64{
		"job": 0, "job:processing": 0, "job:results": status.Items, "demo:metrics": status.Samples,
	} {
		if got, err := client.LLen(t.Context(), list).Result(); err != nil || got != want {
			t.Errorf("%s has %d elements (%v), want %d", list, got, err, want)
		}
	}
}

// call makes one request.
func (s *server) call(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text
}
