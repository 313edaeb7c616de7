// Package redistest starts a private redis-server for a test.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/proctest"
)

// Server is a redis-server that runs until its test ends, unless the test stops
// it. Its files stay until the test ends.
type Server struct {
	*proctest.Process
	tb      testing.TB
	options redis.Options // of Client; Addr is set later
	user    string        // of URL
}

// Start starts a server on a free loopback port, without persistence unless
// args ask for it ("--appendonly", "yes").
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, redis.Options{}, nil, func(port string) []string { return append([]string{"--port", port}, args...) })
}

// start starts a server with a file of settings, if any, and arguments for a port, and
// waits until it answers a client with options.
func start(tb testing.TB, options redis.Options, file []string, args func(port string) []string) *Server {
	tb.Helper()
	dir := tb.TempDir()
	return &Server{tb: tb, options: options, Process: proctest.Start(tb, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			host, port, _ := strings.Cut(addr, ":")
			return exec.Command("redis-server", slices.Concat(file, []string{
				"--bind", host, "--dir", dir, "--save", "", "--loglevel", "warning",
			}, args(port))...)
		},
		Answers: func(ctx context.Context, addr string, pid int) bool { return answersWith(ctx, options, addr, pid) },
	})}
}

// URL returns the server's URL, for a client's settings.
func (s *Server) URL() string { return "redis://" + s.user + s.Addr() }

// Address returns the server's address as a job names it.
func (s *Server) Address() job.Address { return job.Address{Host: "127.0.0.1", Port: s.Port()} }

// Client returns a client of the server, which is closed when the test ends.
func (s *Server) Client() *redis.Client {
	s.tb.Helper()
	options := s.options
	options.Addr = s.Addr()
	client := redis.NewClient(&options)
	s.tb.Cleanup(func() { _ = client.Close() })
	return client
}

// answers reports whether the redis-server on addr answers and is the process
// pid.
func answers(ctx context.Context, addr string, pid int) bool {
	return answersWith(ctx, redis.Options{}, addr, pid)
}

// answersWith is answers for a client with options.
func answersWith(ctx context.Context, options redis.Options, addr string, pid int) bool {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false // go-redis would log each failed attempt
	}
	_ = connection.Close()
	options.Addr = addr
	client := redis.NewClient(&options)
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r", pid)) && client.Ping(ctx).Err() == nil
}
