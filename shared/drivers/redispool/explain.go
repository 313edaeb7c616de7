package redispool

import (
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
)

// maxAddress bounds an address in a text, in characters, so that the phrase behind it
// is not cut.
const maxAddress = 100

// Explain returns the error of an operation ("read the queue") on the Redis at
// address, nil for nil. It is of kind refused if another attempt cannot succeed
// before somebody changes that Redis or its address, and of kind unavailable
// otherwise. Its text is a phrase of this package: what the peer wrote is in a hidden
// cause. An error that has a kind, such as that of an address that is
// not allowed, stays as it is.
func Explain(operation, address string, err error) error {
	if err == nil {
		return nil
	}
	v := judge(err)
	message := fmt.Sprintf("cannot %s at %s: %s", operation, failure.Shorten(address, maxAddress), v.phrase)
	otherwise := failure.Unavailable(message, failure.Hide(err))
	if v.refused {
		otherwise = failure.Refused(message, failure.Hide(err))
	}
	return failure.Classified(err, otherwise)
}

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
	if phrase := dial.TLSPhrase(err); phrase != "" {
		return refused(phrase)
	}
	if phrase := dial.Phrase(err); phrase != "" {
		return verdict{refused: phrase == dial.NoSuchHost, phrase: phrase}
	}
	if errors.Is(err, redis.ErrPoolTimeout) {
		return unavailable(dial.TimedOut)
	}
	if errors.Is(err, redis.ErrClosed) || errors.Is(err, redis.ErrPoolExhausted) {
		return unavailable(dial.NoConnection)
	}
	return errNoReply.verdict // the client cannot parse it
}

// Closed reports whether err means that the peer closed the connection.
func Closed(err error) bool { return dial.Closed(err) }
