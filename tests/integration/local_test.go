package integration_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/proctest"
)

// announced matches the address of the embedded Redis in the output of kubejobs local.
var announced = regexp.MustCompile(`its Redis on (127\.0\.0\.1:\d+)\. `)

// In the local mode, the smallest request in the documentation of the plugin works: a
// Redis client reaches the embedded Redis, and samples arrive there.
func TestLocal(t *testing.T) {
	t.Parallel()
	s := run(t, "local", func(addr string) []string {
		_, port, _ := strings.Cut(addr, ":")
		return []string{"PORT=" + port}
	})
	proctest.Until(t, "the Redis is announced", func() bool { return announced.MatchString(s.Output()) })
	client := redis.NewClient(&redis.Options{Addr: announced.FindStringSubmatch(s.Output())[1]})
	t.Cleanup(func() { _ = client.Close() })
	if err := client.RPush(t.Context(), "job", "a", "b", "c").Err(); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`)
	if status, text, err := s.call(t.Context(), http.MethodPost, "/monitoring/demo", body); err != nil || status != http.StatusAccepted {
		t.Fatalf("start: %d %s %v, want 202", status, text, err)
	}
	proctest.Until(t, "the sample list has a sample", func() bool {
		n, err := client.LLen(t.Context(), "demo:metrics").Result()
		return err == nil && n > 0
	})
	if got := s.status("demo"); got.Items != 3 {
		t.Errorf("got %d items, want the 3 in the queue", got.Items)
	}
	if err := s.Terminate(); err != nil {
		t.Errorf("exit: %v, want success", err)
	}
}

// The demo adds workers, and meets its deadline unless the machine is busy. Anything else
// that it checks holds on any machine.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 400 {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".go"), []byte("package x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	demo := exec.Command(program, "local", "--demo", "--budget", "20s", "--dir", dir)
	demo.Env = append(os.Environ(), "STATE_REDIS_URL=redis://127.0.0.1:1") // not used
	out, err := demo.CombinedOutput()
	late := strings.Contains(string(out), " s late") && strings.Count(string(out), "  FAIL ") == 1 &&
		strings.Contains(string(out), "  FAIL the deadline was met\n")
	if err != nil && !late {
		t.Fatalf("exit: %v, want success\n%s", err, out)
	}
	for _, want := range []string{
		"not that of STATE_REDIS_URL", "demo running", "demo finished", "100.0 % done", `"final_error"`,
		"ok   every item has a result (400 of 400)", "ok   the schedule is gone",
		"ok   workers were added when the job was late", "too little is known", "P(miss)",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output of the demo lacks %q:\n%s", want, out)
		}
	}
}

func TestDemoFails(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"no files":           {"--dir", t.TempDir()},
		"no folder":          {"--dir", "/no/such/folder"},
		"a budget too short": {"--budget", "1s"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command(program, append([]string{"local", "--demo"}, args...)...).CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("exit: %v, want 1\n%s", err, out)
			}
		})
	}
}

// The program names all wrong settings together and shows no password.
func TestInvalidSettings(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(program, "serve")
	cmd.Env = []string{"PORT=x", "RETRIES=0", "FUNCTION_TARGET=nothing", "STATE_REDIS_URL=http://u:secret@h"}
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the program started")
	}
	for _, want := range []string{"PORT", "RETRIES", "FUNCTION_TARGET: want one of monitor, tick,", "STATE_REDIS_URL"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not name %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "secret") {
		t.Errorf("the output shows the password:\n%s", out)
	}
}
