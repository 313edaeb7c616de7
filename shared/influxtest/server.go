// Package influxtest gives tests an influxd of their own.
package influxtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds how long a server may take to answer.
const startTimeout = 30 * time.Second

// Login of the administrator of a server that wants one.
const (
	Admin    = "admin"
	Password = "s3cret-of-the-test"
)

// Server is an influxd that ends with its test.
type Server struct {
	tb   testing.TB
	dir  string
	port int
	auth bool
	cmd  *exec.Cmd
}

// Start starts a server on a free loopback port, without a database.
func Start(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, false)
}

// StartWithAuth starts a server that wants a login: Admin's is the only one.
func StartWithAuth(tb testing.TB) *Server {
	tb.Helper()
	s := start(tb, true)
	s.Exec("", "CREATE USER "+Admin+" WITH PASSWORD '"+Password+"' WITH ALL PRIVILEGES")
	return s
}

func start(tb testing.TB, auth bool) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir(), auth: auth}
	tb.Cleanup(s.Stop)
	for range 5 { // somebody may take a port before the server does
		s.port = freePort(tb)
		if s.start() {
			return s
		}
	}
	tb.Fatal("influxd does not start")
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the port that it listens on.
func (s *Server) Port() int { return s.port }

// URL is the server's.
func (s *Server) URL() string { return "http://" + s.Addr() }

// Stop ends the server at once; its files stay until the test ends. Stopping a
// stopped server does nothing.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.tb.Errorf("end influxd: %v", err)
	}
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}

// Restart starts a stopped server on the same port and files.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	if !s.start() {
		s.tb.Fatalf("influxd does not start again on %s", s.Addr())
	}
}

// Pause makes the server hang until Resume: connections stay, answers stop.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.tb.Fatalf("signal influxd: %v", err)
	}
}

// start tells whether the server runs: it ends at once if a port is taken.
func (s *Server) start() bool {
	s.tb.Helper()
	path, err := exec.LookPath("influxd")
	if err != nil {
		s.tb.Fatal("influxd is not installed: run `make test`, which installs it")
	}
	if err := os.WriteFile(s.settings(), []byte(s.text()), 0o600); err != nil {
		s.tb.Fatal(err)
	}
	s.cmd = exec.Command(path, "-config", s.settings())
	s.cmd.Env = append(os.Environ(), "HOME="+s.dir)
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("start influxd: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for !s.answers(ctx) {
		if s.ended() {
			_ = s.cmd.Wait() // a port is taken
			s.cmd = nil
			return false
		}
		select {
		case <-ctx.Done():
			s.tb.Fatalf("influxd on %s does not answer after %v", s.Addr(), startTimeout)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}

// settings is the path of the server's settings, which no other has.
func (s *Server) settings() string { return filepath.Join(s.dir, "influxdb.conf") }

// text turns off everything but HTTP, and keeps the files in dir.
func (s *Server) text() string {
	return fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
  dir = %q
[data]
  dir = %q
  wal-dir = %q
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[retention]
  enabled = false
[shard-precreation]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
  suppress-logo = true
[http]
  bind-address = %q
  auth-enabled = %t
  log-enabled = false
`, freePort(s.tb), filepath.Join(s.dir, "meta"), filepath.Join(s.dir, "data"), filepath.Join(s.dir, "wal"), s.Addr(), s.auth)
}

// answers tells whether this very server has begun to serve: its command line
// names its settings.
func (s *Server) answers(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/debug/vars", http.NoBody)
	if err != nil {
		s.tb.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return err == nil && strings.Contains(string(body), s.settings())
}

// client keeps no connection: tests look at those that they make.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: startTimeout}

// ended tells whether the process has ended: it is a zombie until it is waited
// for.
func (s *Server) ended() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

// freePort is a loopback port that nobody listens on.
func freePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
