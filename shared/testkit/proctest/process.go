// Package proctest runs a real program for a test: on a free loopback port, until the
// end of the test at the latest.
package proctest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Patience bounds each wait of a test.
const Patience = 30 * time.Second

// waitDelay bounds how long a child of a program may keep its output open.
const waitDelay = 5 * time.Second

// Program is a server whose address can be set, and that ends at once if the address
// is taken.
type Program struct {
	// Command returns the command that listens on addr.
	Command func(addr string) *exec.Cmd
	// Answers reports whether the process pid serves on addr.
	Answers func(ctx context.Context, addr string, pid int) bool
}

// Process is a program that runs until its test ends.
type Process struct {
	tb      testing.TB
	program Program
	name    string
	port    int
	output  buffer
	run     *run // nil while it is stopped
}

// run is one run of a program.
type run struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // how it ended, once it has
}

// Start runs a program on a free loopback port and waits until it answers. A failing
// test shows its output.
func Start(tb testing.TB, program Program) *Process {
	tb.Helper()
	p := &Process{tb: tb, program: program}
	tb.Cleanup(func() {
		p.Stop()
		if tb.Failed() {
			tb.Logf("%s:\n%.4000s", p.name, p.Output())
		}
	})
	for range 5 { // somebody may take the port before the program does
		p.port = FreePort(tb)
		if p.start() {
			return p
		}
	}
	tb.Fatalf("%s does not start", p.name)
	return nil
}

// Addr returns host:port.
func (p *Process) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// Port returns the port.
func (p *Process) Port() int { return p.port }

// Output returns the output of all runs.
func (p *Process) Output() string { return p.output.String() }

// Stop ends the process at once. Stopping a stopped process does nothing.
func (p *Process) Stop() {
	p.tb.Helper()
	if p.run == nil {
		return
	}
	if err := p.run.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("end %s: %v", p.name, err)
	}
	<-p.run.ended
	p.run = nil
}

// Terminate asks the process to end, and returns how it ended.
func (p *Process) Terminate() error {
	p.tb.Helper()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.run.ended:
	case <-time.After(Patience):
		p.tb.Fatalf("%s does not end within %v", p.name, Patience)
	}
	err := p.run.err
	p.run = nil
	return err
}

// Restart ends the process if it runs, and starts it on the same port.
func (p *Process) Restart() {
	p.tb.Helper()
	p.Stop()
	if !p.start() {
		p.tb.Fatalf("%s does not start again on %s", p.name, p.Addr())
	}
}

// Respawn is Restart without waiting until the process answers.
func (p *Process) Respawn() {
	p.tb.Helper()
	p.Stop()
	p.spawn()
}

// Pause suspends the process until Resume: connections stay open, answers stop.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume ends Pause.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal syscall.Signal) {
	p.tb.Helper()
	if p.run == nil {
		p.tb.Fatalf("signal %s: it does not run", p.name)
	}
	if err := p.run.cmd.Process.Signal(signal); err != nil {
		p.tb.Fatalf("signal %s: %v", p.name, err)
	}
}

// spawn runs the command.
func (p *Process) spawn() {
	p.tb.Helper()
	cmd := p.program.Command(p.Addr())
	p.name = filepath.Base(cmd.Path)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &p.output, &p.output, waitDelay
	if err := cmd.Start(); errors.Is(err, exec.ErrNotFound) {
		p.tb.Fatalf("%s is not installed: run `make test`, which installs it", p.name)
	} else if err != nil {
		p.tb.Fatalf("start %s: %v", p.name, err)
	}
	r := &run{cmd: cmd, ended: make(chan struct{})}
	go func() {
		r.err = cmd.Wait()
		close(r.ended)
	}()
	p.run = r
}

// start waits until the process answers, and reports whether it did.
func (p *Process) start() bool {
	p.tb.Helper()
	p.spawn()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	for !p.program.Answers(ctx, p.Addr(), p.run.cmd.Process.Pid) {
		select {
		case <-p.run.ended:
			p.run = nil
			return false
		case <-ctx.Done():
			p.tb.Fatalf("%s does not answer on %s after %v", p.name, p.Addr(), Patience)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

// FreePort returns a loopback port that nobody listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
