// Package embedredis runs a Redis inside the process (miniredis), on a loopback port,
// so that the program works with nothing installed. Its data is lost on exit.
package embedredis

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Server is a running Redis.
type Server struct {
	redis *miniredis.Miniredis
	port  int
	once  sync.Once
	stop  chan struct{}
	done  chan struct{}
}

// Start starts a server on 127.0.0.1. Port 0 is any free port.
func Start(port int) (*Server, error) {
	s := &Server{redis: miniredis.NewMiniRedis(), stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.redis.StartAddr(net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	number, err := strconv.Atoi(s.redis.Port())
	if err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s.port = number
	go s.age()
	return s, nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port returns the port.
func (s *Server) Port() int { return s.port }

// Close stops the server. A second call does nothing.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.stop)
		<-s.done
		s.redis.Close()
	})
}

// age makes keys expire: miniredis's own clock does not advance by itself.
func (s *Server) age() {
	defer close(s.done)
	const step = time.Second
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
			s.redis.FastForward(step)
		}
	}
}
