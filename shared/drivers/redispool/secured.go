package redispool

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"kubejobs/shared/drivers/dial"
)

// errPlain is the error of TLS with a Redis that has none.
var errPlain = &strangerError{refused("it does not speak TLS"), "the peer speaks no TLS"}

// secured returns a dial function whose connections speak TLS, and are guards. timeout/2
// bounds the handshake. A Redis without TLS waits for more of it: so a peer that is
// silent is asked without TLS, for timeout/4 and without the credentials.
func secured(connect Dial, config *tls.Config, timeout time.Duration) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		within, cancel := context.WithTimeout(ctx, timeout/2)
		defer cancel()
		c, err := dial.Handshake(within, dialled, config)
		if err == nil {
			return &guard{Conn: &firstRead{Conn: c}}, nil
		}
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout/4)
		defer cancel()
		if phrase := dial.Phrase(err); phrase == dial.TimedOut || dial.Closed(err) {
			if other, dialErr := connect(asking, network, address); dialErr == nil && speaksRedis(asking, other) {
				return nil, errPlain
			}
		}
		return nil, err
	}
}

// speaksRedis reports whether a peer answers a request as a Redis does. It closes the
// connection.
func speaksRedis(ctx context.Context, c net.Conn) bool {
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return false
	}
	first, err := bufio.NewReaderSize(c, 16).Peek(1)
	return err == nil && greet(first) == nil
}
