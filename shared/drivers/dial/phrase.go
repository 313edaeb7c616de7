package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Phrases that Phrase returns.
const (
	NoSuchHost   = "no such host"
	TimedOut     = "timed out"
	NoConnection = "no connection"
)

// Phrase returns what an error of a connection means, in words of this package: an
// error's own text may repeat what the peer sent. It returns "" for an error that is
// not one of a connection.
func Phrase(err error) string {
	network, _ := errors.AsType[net.Error](err)
	resolver, unresolved := errors.AsType[*net.DNSError](err)
	switch {
	case unresolved && resolver.IsNotFound:
		return NoSuchHost
	case unresolved && !resolver.IsTimeout:
		return "the name cannot be resolved just now"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		network != nil && network.Timeout():
		return TimedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case Closed(err):
		return "connection closed"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to the host"
	case network != nil:
		return NoConnection
	}
	return ""
}

// Closed reports whether err means that the peer closed the connection.
func Closed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
