package redistest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/job"
)

// Steps at which a Hostile may attack: the commands of a client of a job's Redis.
const (
	StepHello = "HELLO"
	StepMulti = "MULTI"
	StepLLen  = "LLEN"
	StepExec  = "EXEC"
	StepPush  = "EVALSHA"
)

// maxSent bounds what a Hostile sends on one connection, in bytes.
const maxSent = 64 << 20

// Attack is what a Hostile answers to a command: a text, once or without end, at once or
// byte by byte.
type Attack struct {
	Text    string
	Endless bool          // the text is repeated
	Drip    time.Duration // between two bytes; 0: all at once
}

// Hostile is a server that speaks the protocol of Redis until a step, and answers with an
// attack then. The lists of its queue seem to hold three items each.
type Hostile struct {
	listener net.Listener
	ended    chan struct{} // closed when the test ends
	serving  sync.WaitGroup

	mu      sync.Mutex
	step    string // "": none
	attack  Attack
	attacks int
}

// StartHostile starts a server that is honest until Attack is called.
func StartHostile(tb testing.TB) *Hostile {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	h := &Hostile{listener: listener, ended: make(chan struct{})}
	tb.Cleanup(func() {
		_ = listener.Close()
		close(h.ended)
		h.serving.Wait()
	})
	h.serving.Go(h.accept)
	return h
}

// Address returns the server's address as a job names it.
func (h *Hostile) Address() job.Address {
	return job.Address{Host: "127.0.0.1", Port: h.listener.Addr().(*net.TCPAddr).Port}
}

// Attack makes the server answer each command of a step with an attack.
func (h *Hostile) Attack(step string, a Attack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.step, h.attack = step, a
}

// Attacks returns how often the server has attacked.
func (h *Hostile) Attacks() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.attacks
}

func (h *Hostile) accept() {
	for {
		connection, err := h.listener.Accept()
		if err != nil {
			return
		}
		h.serving.Go(func() {
			served := make(chan struct{})
			h.serving.Go(func() {
				select {
				case <-h.ended:
				case <-served:
				}
				_ = connection.Close()
			})
			h.serve(connection)
			close(served)
		})
	}
}

// serve answers commands until the connection is closed or an attack is over.
func (h *Hostile) serve(connection net.Conn) {
	reader := bufio.NewReader(connection)
	for {
		command, _, err := readCommand(reader)
		if err != nil {
			return
		}
		if a, ok := h.attackOn(command); ok {
			a.Send(connection, h.ended)
			_, _ = io.Copy(io.Discard, reader) // until the client goes
			return
		}
		if _, err := io.WriteString(connection, honest(command)); err != nil {
			return
		}
	}
}

func (h *Hostile) attackOn(command string) (Attack, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if command != h.step {
		return Attack{}, false
	}
	h.attacks++
	return h.attack, true
}

// Send sends an attack, until the client is gone, ended is closed or maxSent is reached.
func (a Attack) Send(to io.Writer, ended <-chan struct{}) {
	text := a.Text
	if a.Endless && a.Drip == 0 {
		text = strings.Repeat(text, max(1, (16<<10)/len(text)))
	}
	for sent := 0; sent < maxSent; sent += len(text) {
		if !send(to, text, a.Drip, ended) || !a.Endless {
			return
		}
	}
}

// send sends a text, at once or byte by byte. It returns false if the client is gone or
// ended is closed.
func send(to io.Writer, text string, drip time.Duration, ended <-chan struct{}) bool {
	if drip == 0 {
		_, err := io.WriteString(to, text)
		return err == nil
	}
	for i := range len(text) {
		select {
		case <-time.After(drip):
		case <-ended:
			return false
		}
		if _, err := to.Write([]byte{text[i]}); err != nil {
			return false
		}
	}
	return true
}

// honest returns the reply of a Redis to a command.
func honest(command string) string {
	switch command {
	case StepHello:
		return "-ERR unknown command 'HELLO'\r\n"
	case StepMulti:
		return "+OK\r\n"
	case StepLLen:
		return "+QUEUED\r\n"
	case StepExec:
		return "*3\r\n:3\r\n:3\r\n:3\r\n"
	default:
		return ":1\r\n"
	}
}
