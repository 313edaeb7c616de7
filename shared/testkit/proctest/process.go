// Package proctest runs a real program for a test: on a free loopback port, until
// the test ends.
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

// waitDelay bounds how long the output is read after the program ended: a child
// that it left behind may still hold it.
const waitDelay = 5 * time.Second

// Program is a server that takes its address as an argument, and that ends at
// once if another process listens on it.
type Program struct {
	// Command returns the command that runs the server on addr (host:port).
	Command func(addr string) *exec.Cmd
	// Answers reports whether the server on addr answers and is the process pid.
	Answers func(ctx context.Context, addr string, pid int) bool
}

// Process is a program that runs until its test ends.
type Process struct {
	tb      testing.TB
	program Program
	name    string
	port    int
	output  buffer
	run     *run // nil: not running
}

// run is one run of the program, from start to end.
type run struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // that of Wait, once ended is closed
}

// Start starts a program on a free loopback port and waits until it answers. If
// the test fails, the log shows the program's output.
func Start(tb testing.TB, program Program) *Process {
	tb.Helper()
	p := &Process{tb: tb, program: program}
	tb.Cleanup(func() {
		p.Stop()
		if tb.Failed() {
			tb.Logf("%s:\n%.4000s", p.name, p.Output())
		}
	})
	for range 5 { // another process may take the port first
		p.port = FreePort(tb)
		if p.start() {
			return p
		}
	}
	tb.Fatalf("%s does not start", p.name)
	return nil
}

// Addr returns the address of the process, host:port.
func (p *Process) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// Port returns the port that the process listens on.
func (p *Process) Port() int { return p.port }

// PID returns the id of the process, 0 if it is not running.
func (p *Process) PID() int {
	if p.run == nil {
		return 0
	}
	return p.run.cmd.Process.Pid
}

// Output returns what the program has written, in all of its runs.
func (p *Process) Output() string { return p.output.String() }

// Stop kills the process. It does nothing if the process is not running.
func (p *Process) Stop() {
	p.tb.Helper()
	if p.run == nil {
		return
	}
	if err := p.run.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("stop %s: %v", p.name, err)
	}
	<-p.run.ended
	p.run = nil
}

// Terminate sends SIGTERM, waits until the process ends and returns the error of
// its exit.
func (p *Process) Terminate() error {
	p.tb.Helper()
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.run.ended:
	case <-time.After(Patience):
		p.tb.Fatalf("%s does not end within %v", p.name, Patience)
	}
	err := p.run.err
	p.run = nil
	return err
}

// Restart stops the process, starts the program again on the same port and waits
// until it answers.
func (p *Process) Restart() {
	p.tb.Helper()
	p.Stop()
	if !p.start() {
		p.tb.Fatalf("%s does not start again on %s", p.name, p.Addr())
	}
}

// Respawn is like Restart, but does not wait until the process answers.
func (p *Process) Respawn() {
	p.tb.Helper()
	p.Stop()
	p.spawn()
}

// Pause suspends the process until Resume: its connections stay open, but it does
// not answer.
func (p *Process) Pause() { p.Signal(syscall.SIGSTOP) }

// Resume continues a process that Pause suspended.
func (p *Process) Resume() { p.Signal(syscall.SIGCONT) }

// Signal sends a signal to the process.
func (p *Process) Signal(signal syscall.Signal) {
	p.tb.Helper()
	if p.run == nil {
		p.tb.Fatalf("signal %s: it is not running", p.name)
	}
	if err := p.run.cmd.Process.Signal(signal); err != nil {
		p.tb.Fatalf("signal %s: %v", p.name, err)
	}
}

// spawn starts the program without waiting until it answers.
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

// start starts the program and waits until it answers. It returns false if the
// process ended instead.
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

// FreePort returns a loopback port on which no process listens.
func FreePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
