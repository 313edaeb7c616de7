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

// The tests' own binary is the program, where this names its address.
const listen = "PROCTEST_LISTEN"

func TestMain(m *testing.M) {
	if addr := os.Getenv(listen); addr != "" {
		os.Exit(serve(addr))
	}
	os.Exit(m.Run())
}

// serve answers GET /pid with the process's, and ends with 3 when it is asked
// to end.
func serve(addr string) int {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
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
	<-asked
	return 3
}

// program is that binary; addrs gets each address that it is told.
func program(addrs *[]string) proctest.Program {
	return proctest.Program{
		Command: func(addr string) *exec.Cmd {
			*addrs = append(*addrs, addr)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), listen+"="+addr)
			return cmd
		},
		Answers: proctest.OK("/pid"),
	}
}

func TestAProcessLivesAsLongAsItsTest(t *testing.T) {
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
			want bool // that it answers
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
			what := fmt.Sprintf("after %s it answers: %v", step.what, step.want)
			proctest.Until(t, what, func() bool { return answers() == step.want })
		}
		if got := strings.Count(p.Output(), "listening\n"); got != 4 || len(addrs) != 4 || addrs[3] != addrs[0] {
			t.Errorf("it listened %d times, told to at %v, want four times at one address", got, addrs)
		}
	})
	if answers() {
		t.Error("it answers after its test")
	}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	var addrs []string
	p := proctest.Start(t, program(&addrs))
	err := p.Terminate()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Errorf("exit: %v, want 3", err)
	}
}

// A program whose port is taken ends, and is told another one.
func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var addrs []string
	own := program(&addrs)
	command := own.Command
	own.Command = func(addr string) *exec.Cmd {
		if len(addrs) == 0 {
			addr = taken.Addr().String()
		}
		return command(addr)
	}
	p := proctest.Start(t, own)
	if len(addrs) != 2 || addrs[1] != p.Addr() || !strings.Contains(p.Output(), "address already in use") {
		t.Errorf("told to listen at %v, want a second address; it wrote %q", addrs, p.Output())
	}
}
