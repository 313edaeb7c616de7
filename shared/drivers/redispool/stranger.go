package redispool

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"kubejobs/shared/core/credential"
)

// strangerError is the error of reading from a peer that is no Redis, or from one
// that closes the connection before it is asked anything. It is not a redis.Error,
// which go-redis ignores while it connects.
type strangerError struct {
	verdict
	text string
}

func (e *strangerError) Error() string { return e.text }

// errTLS is the error of reading from a peer that speaks TLS.
var errTLS = &strangerError{refused("TLS is required: it needs a Secret with " + credential.CA + " or " + credential.TLS), "the peer speaks TLS"}

// guarded returns a dial function whose connections look at the first bytes of the
// peer, and are guards. go-redis would wait for the end of a line that never comes from
// a server that speaks TLS, and it ignores what a Redis says before it closes a
// connection. timeout/4 bounds how long a peer is asked for TLS.
func guarded(connect Dial, timeout time.Duration) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &coalescer{Conn: &guard{Conn: &firstRead{Conn: dialled, why: func() error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout/4)
			defer cancel()
			if other, err := connect(ctx, network, address); err == nil && speaksTLS(ctx, other) {
				return errTLS
			}
			return nil
		}}}}
		if raw, ok := dialled.(syscall.Conn); ok { // go-redis checks idle connections with it
			return struct {
				*coalescer
				syscall.Conn
			}{c, raw}, nil
		}
		return c, nil
	}
}

// speaksTLS reports whether a peer answers a request for TLS. It closes the
// connection.
func speaksTLS(ctx context.Context, c net.Conn) bool {
	defer c.Close()
	host, _, _ := net.SplitHostPort(c.RemoteAddr().String()) // a name that a certificate need not hold
	err := tls.Client(&firstRead{Conn: c}, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}).HandshakeContext(ctx)
	return errors.Is(err, errTLS)
}

// firstRead is a connection that checks the first bytes. If there are none because
// the peer closed it, as a Redis with TLS does, it finds out why over another connection.
type firstRead struct {
	net.Conn

	why     func() error // nil: do not ask; its error is nil if it does not know
	checked bool
}

// Read implements net.Conn.
func (c *firstRead) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.checked || n == 0 && !closedByPeer(err) {
		return n, err
	}
	c.checked = true
	if n == 0 {
		return 0, c.explain(err)
	}
	if greeting := greet(b[:n]); greeting != nil {
		return 0, greeting
	}
	return n, err
}

// Write implements net.Conn.
func (c *firstRead) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if !c.checked && closedByPeer(err) {
		c.checked = true
		return n, c.explain(err)
	}
	return n, err
}

// explain returns why the peer closed the connection, or err.
func (c *firstRead) explain(err error) error {
	if c.why == nil {
		return err
	}
	if reason := c.why(); reason != nil {
		return reason
	}
	return err
}

// closedByPeer reports whether an error means that the other side closed the connection.
func closedByPeer(err error) bool { return Closed(err) && !errors.Is(err, net.ErrClosed) }

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
		return errTLS
	case !strings.ContainsRune(respTypes, rune(first[0])):
		return &strangerError{refused("not a Redis server"), fmt.Sprintf("the peer says %.40q", text)}
	case strings.HasPrefix(text, "-DENIED "), strings.HasPrefix(text, "-ERR max number of clients"):
		line, _, _ := strings.Cut(text[1:], "\r\n")
		return &strangerError{judgeReply(line), line}
	}
	return nil
}
