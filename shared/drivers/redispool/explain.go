package redispool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
)

// maxCause bounds how much of a peer's words is logged.
const maxCause = 200

// Explain returns the error of an operation ("read the queue") on the Redis at
// address, nil for nil. It is of kind refused if another attempt cannot succeed
// before somebody changes that Redis or its address, and of kind unavailable
// otherwise. Its public message is a phrase of this package: what the peer wrote is
// only in the cause. An error that has a kind, such as that of an address that is
// not allowed, stays as it is.
func Explain(operation, address string, err error) error {
	if err == nil {
		return nil
	}
	v := judge(err)
	message := fmt.Sprintf("cannot %s at %s: %s", operation, address, v.phrase)
	otherwise := failure.Unavailable(message, cause{err})
	if v.refused {
		otherwise = failure.Refused(message, cause{err})
	}
	return failure.Classified(err, otherwise)
}

// cause is an error with a bounded text.
type cause struct{ error }

func (c cause) Error() string {
	text := c.error.Error()
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + "…"
	}
	return text
}

func (c cause) Unwrap() error { return c.error }

// verdict is what an error means: whether another attempt is useless, and why.
type verdict struct {
	refused bool
	phrase  string
}

func refused(phrase string) verdict { return verdict{refused: true, phrase: phrase} }

func unavailable(phrase string) verdict { return verdict{phrase: phrase} }

func judge(err error) verdict {
	if strange, ok := errors.AsType[*strangerError](err); ok {
		return strange.verdict
	}
	if reply, ok := errors.AsType[redis.Error](err); ok {
		return judgeReply(reply.Error())
	}
	if v, ok := judgeNetwork(err); ok {
		return v
	}
	return refused("its answer is no reply of Redis") // the client cannot parse it
}

// judgeNetwork judges an error of the connection. It returns false for another one.
func judgeNetwork(err error) (verdict, bool) {
	network, _ := errors.AsType[net.Error](err)
	resolver, unresolved := errors.AsType[*net.DNSError](err)
	switch {
	case unresolved && resolver.IsNotFound:
		return refused("no such host"), true
	case unresolved && !resolver.IsTimeout:
		return unavailable("the name cannot be resolved just now"), true
	case errors.Is(err, context.Canceled):
		return unavailable("cancelled"), true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, redis.ErrPoolTimeout), network != nil && network.Timeout():
		return unavailable("timed out"), true
	case errors.Is(err, syscall.ECONNREFUSED):
		return unavailable("connection refused"), true
	case Closed(err):
		return unavailable("connection closed"), true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return unavailable("no route to the host"), true
	case errors.Is(err, redis.ErrClosed), errors.Is(err, redis.ErrPoolExhausted), network != nil:
		return unavailable("no connection"), true
	}
	return verdict{}, false
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
