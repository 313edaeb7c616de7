// Package embedredis runs a Redis inside the process (miniredis), on a loopback
// port, so that jobs can be stored when nothing is installed. Its data is lost
// when it is closed. Its clients can neither reach files nor control the process.
package embedredis

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"kubejobs/shared/core/failure"
)

// Server is a running Redis.
type Server struct {
	redis   *miniredis.Miniredis
	port    int
	close   sync.Once
	closing chan struct{} // closed by Close
	aged    chan struct{} // closed when age returns
}

// Start starts a server on a port of 127.0.0.1; 0 stands for any free one.
func Start(port int) (*Server, error) {
	s := &Server{redis: miniredis.NewMiniRedis(), closing: make(chan struct{}), aged: make(chan struct{})}
	if err := s.redis.StartAddr(net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s.port = s.redis.Server().Addr().Port
	scripts := scripts{confined: map[string]string{}}
	s.redis.Server().SetPreHook(func(client *server.Peer, command string, arguments ...string) bool {
		scripts.rewrite(command, arguments) // these are the arguments that the command gets
		return refuseSubcommands(client, command, arguments...)
	})
	go func() {
		defer failure.Rescue(func(error) {}) // keys do not expire any more
		s.age()
	}()
	return s, nil
}

// refuseSubcommands refuses COMMAND with arguments, as servers before Redis 7
// refuse COMMAND DOCS. miniredis answers it as if there were none; redis-cli, which
// asks for it when it starts, aborts on that answer and goes on after a refusal.
func refuseSubcommands(client *server.Peer, command string, arguments ...string) bool {
	if command != "COMMAND" || len(arguments) == 0 {
		return false
	}
	client.WriteError("ERR unknown subcommand of COMMAND")
	return true
}

// Addr returns the server's host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Close ends the server; a second call does nothing.
func (s *Server) Close() {
	s.close.Do(func() {
		close(s.closing)
		<-s.aged
		s.redis.Close()
	})
}

// age advances miniredis's clock every second, so that keys expire.
func (s *Server) age() {
	defer close(s.aged)
	const step = time.Second
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-ticker.C:
			s.redis.FastForward(step)
		}
	}
}
