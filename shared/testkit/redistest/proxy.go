package redistest

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/core/job"
)

// Fault is what a Proxy does to a command.
type Fault int32

const (
	// Pass forwards the command and its reply.
	Pass Fault = iota
	// Drop closes the connection before the server gets the command.
	Drop
	// Lose lets the server carry the command out, and closes the connection before
	// the reply.
	Lose
	// Halve lets the server carry the command out, sends half of the reply and closes
	// the connection.
	Halve
	// Hang keeps the command, and all that follow on the connection, without an answer.
	Hang
	// Withhold lets the server carry the command out, and keeps the reply and all that
	// follow.
	Withhold
)

// Proxy stands between clients and a Redis. It is honest until it is told otherwise.
type Proxy struct {
	listener net.Listener
	target   string
	ended    chan struct{} // closed when the test ends
	serving  sync.WaitGroup
	delay    atomic.Int64 // before each reply, nanoseconds

	mu          sync.Mutex
	decide      func(command string) Fault // nil: Pass
	connections map[net.Conn]struct{}
}

// StartProxy starts a proxy for the Redis at target (host:port), until the test ends.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{listener: listener, target: target, ended: make(chan struct{}), connections: map[net.Conn]struct{}{}}
	tb.Cleanup(func() {
		_ = listener.Close()
		close(p.ended)
		p.Cut()
		p.serving.Wait()
	})
	p.serving.Go(p.accept)
	return p
}

// URL returns the URL of the proxy, for a client's settings.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() }

// Address returns the address of the proxy as a job names it.
func (p *Proxy) Address() job.Address {
	return job.Address{Host: "127.0.0.1", Port: p.listener.Addr().(*net.TCPAddr).Port}
}

// On makes decide say what happens to each command from now on; nil forwards them all.
// Several connections may call decide at the same time.
func (p *Proxy) On(decide func(command string) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide = decide
}

// Delay delays each reply from now on.
func (p *Proxy) Delay(by time.Duration) { p.delay.Store(int64(by)) }

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for connection := range p.connections {
		_ = connection.Close()
	}
}

// Nth returns a function for Proxy.On: the n-th command gets a fault, the others pass.
// n counts from 1.
func Nth(n int64, fault Fault) func(string) Fault {
	var seen atomic.Int64
	return func(string) Fault {
		if seen.Add(1) == n {
			return fault
		}
		return Pass
	}
}

func (p *Proxy) accept() {
	for {
		connection, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.serve(connection) })
	}
}

// serve forwards one connection.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server}
	p.track(client, server)
	defer p.forget(client, server)
	var replies sync.WaitGroup
	replies.Go(l.forwardReplies)
	l.forwardCommands()
	replies.Wait()
}

func (p *Proxy) track(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range connections {
		p.connections[connection] = struct{}{}
		select {
		case <-p.ended:
			_ = connection.Close()
		default:
		}
	}
}

func (p *Proxy) forget(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range connections {
		delete(p.connections, connection)
	}
}

// link is a connection of a client and the one to the server behind it.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	fault          atomic.Int32 // Lose, Halve or Withhold: of the next reply
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// forwardCommands forwards commands until the connection ends.
func (l *link) forwardCommands() {
	defer l.close()
	reader := bufio.NewReader(l.client)
	hung := false
	for {
		name, raw, err := readCommand(reader)
		if err != nil {
			return
		}
		l.proxy.mu.Lock()
		decide := l.proxy.decide
		l.proxy.mu.Unlock()
		fault := Pass
		if decide != nil {
			fault = decide(name)
		}
		switch fault {
		case Drop:
			return
		case Hang:
			hung = true
		case Lose, Halve, Withhold:
			l.fault.Store(int32(fault))
		case Pass:
		}
		if hung {
			continue
		}
		if _, err := l.server.Write(raw); err != nil {
			return
		}
	}
}

// forwardReplies forwards what the server says until the connection ends.
func (l *link) forwardReplies() {
	defer l.close()
	reply := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(reply)
		if err != nil {
			return
		}
		if delay := time.Duration(l.proxy.delay.Load()); delay > 0 {
			select {
			case <-time.After(delay):
			case <-l.proxy.ended:
				return
			}
		}
		switch Fault(l.fault.Load()) {
		case Lose:
			return
		case Halve:
			_, _ = l.client.Write(reply[:n/2])
			return
		case Withhold:
			continue
		case Pass, Drop, Hang:
		}
		if _, err := l.client.Write(reply[:n]); err != nil {
			return
		}
	}
}
