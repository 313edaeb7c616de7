// Package redistest gives tests a redis-server of their own.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// startTimeout bounds how long a server may take to answer.
const startTimeout = 20 * time.Second

// Server is a redis-server that ends with its test.
type Server struct {
	tb   testing.TB
	dir  string
	port int
	args []string
	cmd  *exec.Cmd
}

// Start starts a server on a free loopback port, without persistence unless
// args ask for it ("--appendonly", "yes").
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir(), args: args}
	tb.Cleanup(s.Stop)
	for range 5 { // somebody may take the port before the server does
		s.port = FreePort(tb)
		if s.start() {
			return s
		}
	}
	tb.Fatal("redis-server does not start")
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the port that it listens on.
func (s *Server) Port() int { return s.port }

// URL is the server's.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Client is a client that ends with the test.
func (s *Server) Client() *redis.Client {
	s.tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	s.tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Stop ends the server at once; its files stay until the test ends. Stopping
// a stopped server does nothing.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.tb.Errorf("end redis-server: %v", err)
	}
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}

// Restart starts a stopped server on the same port and files.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	if !s.start() {
		s.tb.Fatalf("redis-server does not start again on %s", s.Addr())
	}
}

// Pause makes the server hang until Resume: connections stay, answers stop.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.tb.Fatalf("signal redis-server: %v", err)
	}
}

// start tells whether the server runs: it ends at once if its port is taken.
func (s *Server) start() bool {
	s.tb.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		s.tb.Fatal("redis-server is not installed: run `make test`, which installs it")
	}
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--loglevel", "warning",
	}, s.args...)
	s.cmd = exec.Command(path, args...)
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("start redis-server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for !s.answers(ctx) {
		if s.ended() {
			_ = s.cmd.Wait() // its port is taken
			s.cmd = nil
			return false
		}
		select {
		case <-ctx.Done():
			s.tb.Fatalf("redis-server on %s does not answer after %v", s.Addr(), startTimeout)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

// answers tells whether this very server has begun to serve.
func (s *Server) answers(ctx context.Context) bool {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return false // go-redis would log each attempt
	}
	_ = connection.Close()
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r", s.cmd.Process.Pid)) &&
		client.Ping(ctx).Err() == nil
}

// ended tells whether the process has ended: it is a zombie until it is waited
// for.
func (s *Server) ended() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

// FreePort is a loopback port that nobody listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
