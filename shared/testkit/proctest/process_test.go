package proctest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
)

// listenVariable is the environment variable that makes this test binary run as
// the program, on the address that it holds.
const listenVariable = "PROCTEST_LISTEN"

func TestMain(m *testing.M) {
	if addr := os.Getenv(listenVariable); addr != "" {
		os.Exit(serve(addr))
	}
	os.Exit(m.Run())
}

// serve answers GET /pid with the process id. It returns the exit code: 3 after
// SIGTERM.
func serve(addr string) int {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, "listening")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	<-terminated
	return 3
}

// program returns this test binary as a Program. It appends to addrs each address
// that the program gets.
func program(addrs *[]string) proctest.Program {
	return proctest.Program{
		Command: func(addr string) *exec.Cmd {
			*addrs = append(*addrs, addr)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), listenVariable+"="+addr)
			return cmd
		},
		Answers: proctest.OK("/pid"),
	}
}

func TestAProcessRunsUntilItsTestEnds(t *testing.T) {
	t.Parallel()
	var p *proctest.Process
	answers := func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return proctest.OK("/pid")(ctx, p.Addr(), 0)
	}
	t.Run("inner", func(t *testing.T) {
		var addrs []string
		p = proctest.Start(t, program(&addrs))
		steps := []struct {
			what string
			do   func()
			want bool // whether it answers then
		}{
			{"start", func() {}, true},
			{"stop", p.Stop, false},
			{"stop again", p.Stop, false},
			{"restart", p.Restart, true},
			{"restart while it runs", p.Restart, true},
			{"respawn", p.Respawn, true},
			{"pause", p.Pause, false},
			{"resume", p.Resume, true},
		}
		for _, step := range steps {
			step.do()
			what := fmt.Sprintf("the process answers: %t, after %s", step.want, step.what)
			proctest.Until(t, what, func() bool { return answers() == step.want })
		}
		if got := strings.Count(p.Output(), "listening\n"); got != 4 || len(addrs) != 4 || addrs[3] != addrs[0] {
			t.Errorf("it listened %d times, on the addresses %v, want four times on one address", got, addrs)
		}
	})
	if answers() {
		t.Error("the process still answers after its test")
	}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	var addrs []string
	p := proctest.Start(t, program(&addrs))
	err := p.Terminate()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Errorf("Terminate = %v, want exit code 3", err)
	}
}

// If another process has the port, the program ends, and Start tries another
// port.
func TestAPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var addrs []string
	p := program(&addrs)
	command := p.Command
	p.Command = func(addr string) *exec.Cmd {
		if len(addrs) == 0 {
			addr = taken.Addr().String()
		}
		return command(addr)
	}
	process := proctest.Start(t, p)
	if len(addrs) != 2 || addrs[1] != process.Addr() || !strings.Contains(process.Output(), "address already in use") {
		t.Errorf("the program got the addresses %v, want two; its output is %q", addrs, process.Output())
	}
}
