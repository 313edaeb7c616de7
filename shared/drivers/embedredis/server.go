// Package embedredis runs a Redis inside the process (miniredis), on a loopback
// port, so that jobs can be stored when nothing is installed. Its data is lost
// when it is closed. Its clients can neither reach files, nor control or end the process.
package embedredis

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kubejobs/shared/core/failure"
)

// Server is a running Redis.
type Server struct {
	redis    *miniredis.Miniredis
	listener net.Listener
	port     int
	close    sync.Once
	closing  chan struct{} // closed by Close
	running  sync.WaitGroup
}

// Start starts a server on a port of 127.0.0.1; 0 stands for any free one.
func Start(port int) (*Server, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // it resolves no name
	if err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s := &Server{redis: miniredis.NewMiniRedis(), listener: listener, closing: make(chan struct{})}
	s.port = listener.Addr().(*net.TCPAddr).Port
	inner, err := s.redis.Dial() // starts it without a listener
	if err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	defer inner.Close()
	s.redis.Server().SetPreHook(newCommands(s.redis).run)
	s.running.Go(func() {
		defer failure.Rescue(func(error) {}) // nobody can connect any more
		s.accept()
	})
	s.running.Go(func() {
		defer failure.Rescue(func(error) {}) // keys do not expire any more
		s.age()
	})
	return s, nil
}

// accept serves connections until the listener is closed.
func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(10 * time.Millisecond) // too many open files
		default:
			s.redis.Server().ServeConn(&guard{Conn: conn})
		}
	}
}

// Addr returns the server's host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Close ends the server; a second call does nothing.
func (s *Server) Close() {
	s.close.Do(func() {
		close(s.closing)
		_ = s.listener.Close()
		s.running.Wait()
		s.redis.Close()
	})
}

// age advances miniredis's clock every second, so that keys expire.
func (s *Server) age() {
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
