package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// A taken port is one clear error, and nothing is announced.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	address := taken.Addr().String()
	_, port, _ := strings.Cut(address, ":")
	tests := map[string]struct {
		args     []string
		settings []string
		want     string
	}{
		"serve":            {[]string{"serve"}, []string{"LISTEN_ADDRESS=" + address}, "listen on " + address + " (PORT or LISTEN_ADDRESS)"},
		"serve in Knative": {[]string{"serve"}, []string{"LISTEN_ADDRESS=" + address, "K_SERVICE=a", "STATE_REDIS_URL=redis://127.0.0.1:1"}, "listen on " + address + " (PORT or LISTEN_ADDRESS)"},
		"local":            {[]string{"local"}, []string{"PORT=" + port}, "listen on " + address + " (PORT or LISTEN_ADDRESS)"},
		"embedded Redis":   {[]string{"local", "--redis-port", port}, []string{"PORT=0"}, "start embedded Redis"},
		"the demo's Redis": {[]string{"local", "--demo", "--redis-port", port}, nil, "start embedded Redis"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(program, tt.args...)
			cmd.Env = tt.settings
			out, err := cmd.CombinedOutput()
			text := strings.TrimSpace(string(out))
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("exit: %v, want 1", err)
			}
			if !strings.Contains(text, tt.want) || !strings.Contains(text, "address already in use") || strings.Contains(text, "\n") {
				t.Errorf("it says %q, want one line with %q", text, tt.want)
			}
		})
	}
}

// Every spelling of an address is listened on, in Knative too, where the framework
// would join an IPv6 address and a port without brackets.
func TestListenAddresses(t *testing.T) {
	t.Parallel()
	if listener, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("there is no IPv6: %v", err)
	} else {
		listener.Close()
	}
	state := redistest.StartState(t)
	tests := map[string]struct {
		command, listen string // with %s for the port
		knative         bool
		call            string
	}{
		"IPv6":                     {"serve", "LISTEN_ADDRESS=[::1]:%s", false, "[::1]"},
		"all interfaces by IPv6":   {"serve", "LISTEN_ADDRESS=[::]:%s", false, "[::1]"},
		"the host :: by IPv4":      {"serve", "LISTEN_ADDRESS=[::]:%s", false, "127.0.0.1"},
		"a name":                   {"serve", "LISTEN_ADDRESS=localhost:%s", false, "localhost"},
		"IPv6 in Knative":          {"serve", "LISTEN_ADDRESS=[::1]:%s", true, "[::1]"},
		"the host :: in Knative":   {"serve", "LISTEN_ADDRESS=[::]:%s", true, "127.0.0.1"},
		"IPv6 of local":            {"local", "LISTEN_ADDRESS=[::1]:%s", false, "[::1]"},
		"the host :: of local":     {"local", "LISTEN_ADDRESS=[::]:%s", false, "[::1]"},
		"no host of local":         {"local", "LISTEN_ADDRESS=:%s", false, "127.0.0.1"},
		"local's port as a number": {"local", "PORT=%s", false, "127.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var port string
			proctest.Start(t, proctest.Program{
				Command: func(addr string) *exec.Cmd {
					_, port, _ = strings.Cut(addr, ":")
					cmd := exec.Command(program, tt.command)
					cmd.Env = []string{fmt.Sprintf(tt.listen, port), "LOG_LEVEL=warn", "STATE_REDIS_URL=" + state.URL()}
					if tt.knative {
						cmd.Env = append(cmd.Env, "K_SERVICE=kubejobs", "SCHEDULER=local", "JOB_STATUS=queue")
					}
					return cmd
				},
				Answers: func(ctx context.Context, _ string, pid int) bool {
					return proctest.OK("/health/readiness")(ctx, tt.call+":"+port, pid)
				},
			})
		})
	}
}

// In Knative a request leaves no empty lines in the log.
func TestNoEmptyLines(t *testing.T) {
	t.Parallel()
	state := redistest.StartState(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "SCHEDULER=local", "JOB_STATUS=queue", "K_SERVICE=kubejobs")
	for range 5 {
		if status, _, err := s.call(t.Context(), http.MethodGet, "/monitoring", nil); err != nil || status != http.StatusOK {
			t.Fatalf("list: %d %v", status, err)
		}
	}
	if err := s.Terminate(); err != nil {
		t.Errorf("exit: %v, want success", err)
	}
	if strings.Contains("\n"+s.Output(), "\n\n") {
		t.Errorf("there are empty lines:\n%q", s.Output())
	}
}

// The program warns once if other machines can reach its API and it asks for no token.
func TestWarnsOfAnOpenAPI(t *testing.T) {
	t.Parallel()
	state := redistest.StartState(t)
	tokens := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(tokens, []byte("- {name: a, role: write, token: a-token-of-at-least-32-characters}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const warning = "anybody who can reach the API"
	tests := map[string]struct {
		host     string
		knative  bool
		settings []string
		want     int
	}{
		"all interfaces":              {"0.0.0.0", false, nil, 1},
		"loopback":                    {"127.0.0.1", false, nil, 0},
		"all interfaces, with tokens": {"0.0.0.0", false, []string{"API_TOKENS_FILE=" + tokens}, 0},
		"all interfaces in Knative":   {"0.0.0.0", true, nil, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := run(t, "serve", func(addr string) []string {
				_, port, _ := strings.Cut(addr, ":")
				settings := append([]string{}, tt.settings...)
				settings = append(settings, "LISTEN_ADDRESS="+tt.host+":"+port, "STATE_REDIS_URL="+state.URL())
				if tt.knative {
					settings = append(settings, "K_SERVICE=a", "SCHEDULER=local", "JOB_STATUS=queue")
				}
				return settings
			})
			if got := strings.Count(s.Output(), warning); got != tt.want {
				t.Errorf("%d warnings, want %d:\n%s", got, tt.want, s.Output())
			}
		})
	}
}
