package redispool

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// strangerError is the error of reading from a peer that is no Redis, or from one
// that closes the connection before it is asked anything. It is not a redis.Error,
// which go-redis ignores while it connects.
type strangerError struct {
	verdict
	text string
}

func (e *strangerError) Error() string { return e.text }

// recognising returns a dial function whose connections look at the first bytes of
// the peer. go-redis would wait for the end of a line that never comes from a server
// that speaks TLS, and it ignores what a Redis says before it closes a connection.
func recognising(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &firstRead{Conn: dialled}
		if raw, ok := dialled.(syscall.Conn); ok { // go-redis checks idle connections with it
			return struct {
				*firstRead
				syscall.Conn
			}{c, raw}, nil
		}
		return c, nil
	}
}

// firstRead is a connection that checks the first bytes.
type firstRead struct {
	net.Conn

	checked bool
}

// Read implements net.Conn.
func (c *firstRead) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.checked || n == 0 {
		return n, err
	}
	c.checked = true
	if greeting := greet(b[:n]); greeting != nil {
		return 0, greeting
	}
	return n, err
}

// Types of RESP that a reply can begin with, and of TLS' records.
const (
	respTypes    = "+-:$*_,#!=(%~|>"
	tlsAlert     = 0x15
	tlsHandshake = 0x16
)

// greet returns an error if the first bytes of a peer are not those of a Redis, or
// of one that refuses the connection.
func greet(first []byte) error {
	text := string(first)
	switch {
	case first[0] == tlsAlert || first[0] == tlsHandshake:
		return &strangerError{refused("TLS is required, which is not supported here"), "the peer speaks TLS"}
	case !strings.ContainsRune(respTypes, rune(first[0])):
		return &strangerError{refused("not a Redis server"), fmt.Sprintf("the peer says %.40q", text)}
	case strings.HasPrefix(text, "-DENIED "), strings.HasPrefix(text, "-ERR max number of clients"):
		line, _, _ := strings.Cut(text[1:], "\r\n")
		return &strangerError{judgeReply(line), line}
	}
	return nil
}
