package integration_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// announcedCommands starts `kubejobs local` and returns it with the commands that it
// prints.
func announcedCommands(t *testing.T, settings ...string) (*server, []string) {
	t.Helper()
	s := run(t, "local", func(addr string) []string {
		_, port, _ := strings.Cut(addr, ":")
		return append([]string{"PORT=" + port, "LOG_LEVEL=error", "MIN_PERIOD=1s", "DEFAULT_PERIOD=1s"}, settings...)
	})
	proctest.Until(t, "the commands are announced", func() bool { return strings.Contains(s.Output(), "/events\n") })
	var commands []string
	for line := range strings.Lines(s.Output()) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return s, commands
}

// shell runs a command line, for at most three seconds.
func shell(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.Command("timeout", "3", "bash", "-c", line)
	cmd.Env = os.Environ()
	out, err := cmd.CombinedOutput()
	if exit := cmd.ProcessState; err != nil && (exit == nil || exit.ExitCode() != 124) { // a stream goes on
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// The announced commands work in the order in which they are printed, with the
// embedded Redis and with the one that STATE_REDIS_URL names.
func TestAnnouncedCommands(t *testing.T) {
	t.Parallel()
	own := redistest.Start(t)
	tests := map[string]struct {
		settings []string
		want     string
	}{
		"embedded Redis":  {nil, "its Redis on 127.0.0.1:"},
		"STATE_REDIS_URL": {[]string{"STATE_REDIS_URL=" + own.URL()}, "its state is in the Redis at " + own.Addr() + " (STATE_REDIS_URL)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, commands := announcedCommands(t, tt.settings...)
			if !strings.Contains(s.Output(), tt.want) {
				t.Errorf("%q is not announced:\n%s", tt.want, s.Output())
			}
			wants := []string{"3", "{", `"number_of_jobs":3`, "application_progress_error", "event: sample"}
			if len(commands) != len(wants) {
				t.Fatalf("%d commands, want %d: %q", len(commands), len(wants), commands)
			}
			for i, command := range commands {
				if i == 3 {
					proctest.Until(t, "a sample", func() bool { return s.status("demo").Samples > 0 })
				}
				if out := shell(t, command); !strings.Contains(out, wants[i]) {
					t.Errorf("%s shows no %q:\n%s", command, wants[i], out)
				}
			}
		})
	}
}

// redis-cli asks for COMMAND DOCS when it begins a session.
func TestInteractiveRedisCLI(t *testing.T) {
	t.Parallel()
	s, _ := announcedCommands(t)
	address := announced.FindStringSubmatch(s.Output())[1]
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.Command("redis-cli", "-p", port)
	cmd.Stdin = strings.NewReader("rpush list a b\nllen list\nhelp rpush\nquit\n")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "2\n") < 2 || strings.Contains(string(out), "ASSERT") {
		t.Errorf("redis-cli: %v\n%s", err, out)
	}
}

// What local cannot do is refused by name.
func TestLocalRefuses(t *testing.T) {
	t.Parallel()
	own := redistest.Start(t)
	tests := map[string]struct {
		args, settings []string
		want           string
	}{
		"a port for no embedded Redis": {
			[]string{"--redis-port", strconv.Itoa(proctest.FreePort(t))}, []string{"STATE_REDIS_URL=" + own.URL()}, "--redis-port: ",
		},
		"a wrong URL": {nil, []string{"STATE_REDIS_URL=http://u:secret@h"}, "STATE_REDIS_URL: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(program, append([]string{"local"}, tt.args...)...)
			cmd.Env = append([]string{"PORT=0"}, tt.settings...)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "secret") {
				t.Errorf("%v, it says %q, want %q", err, out, tt.want)
			}
		})
	}
}
