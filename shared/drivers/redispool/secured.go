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

// errUncertified is the error of a Redis that wants a certificate.
var errUncertified = &strangerError{refused(dial.Uncertified), "the peer requires a client certificate"}

// secured returns a dial function whose connections speak TLS, and are guards and coalescers. timeout/2
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
			return &coalescer{Conn: &guard{Conn: &firstRead{Conn: c, why: func() error {
				asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout/4)
				defer cancel()
				return refusal(asking, connect, config, network, address)
			}}}}, nil
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

// refusal returns why a peer refuses a handshake of TLS 1.2, nil if it does not. With TLS
// 1.3 a client has finished the handshake before the peer looks at its certificate, and
// the alert may be lost with the connection.
func refusal(ctx context.Context, connect Dial, config *tls.Config, network, address string) error {
	dialled, err := connect(ctx, network, address)
	if err != nil {
		return nil //nolint:nilerr // the first error says more
	}
	earlier := config.Clone()
	earlier.MaxVersion = tls.VersionTLS12
	c, err := dial.Handshake(ctx, dialled, earlier)
	if err == nil {
		_ = c.Close()
		return nil
	}
	phrase := dial.TLSPhrase(err)
	switch {
	case phrase == "" || phrase == dial.OtherVersion:
		return nil
	case len(config.Certificates) == 0:
		return errUncertified // the alert of TLS 1.2 says less
	}
	return err
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
