// Package tickbatch carries batches of ticks from the instance that took a beat of the
// metronome to those that take the samples: signed, over HTTP.
package tickbatch

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// maxAge bounds the age of a letter, so that nobody can send an old one again later. It
// is more than the clocks of two machines of a cluster differ.
const maxAge = 2 * time.Minute

// letter is a batch as it is sent. Times are Unix milliseconds.
type letter struct {
	Instant int64         `json:"instant"`
	Sent    int64         `json:"sent"`
	Due     []monitor.Due `json:"due"`
}

// answer says what of a batch must be sent again.
type answer struct {
	Again []monitor.Due `json:"again"`
}

// errForged refuses a letter that nobody signed who knows the key.
var errForged = &failure.Error{Kind: failure.KindUnauthenticated, Message: "the batch has no valid signature"}

// sign returns the signature of a body. It is pure.
func sign(key, body []byte) string {
	code := hmac.New(sha256.New, key)
	code.Write(body) // never fails
	return hex.EncodeToString(code.Sum(nil))
}

// write returns the body of a batch. It is pure.
func write(b monitor.Batch, now time.Time) ([]byte, error) {
	return json.Marshal(letter{Instant: b.Instant.UnixMilli(), Sent: now.UnixMilli(), Due: b.Due})
}

// Key returns the key by which batches are signed.
type Key func(context.Context) ([]byte, error)

// Open returns the batch in a body that was signed with the key. The error is of kind
// unauthenticated if it was not, or was long ago, and of kind invalid if it says nonsense
// all the same. What cannot be a signature is refused before the key is read.
func Open(ctx context.Context, read Key, body []byte, signature string, now time.Time) (monitor.Batch, error) {
	if len(signature) != hex.EncodedLen(sha256.Size) {
		return monitor.Batch{}, errForged
	}
	key, err := read(ctx)
	if err != nil {
		return monitor.Batch{}, err
	}
	if !hmac.Equal([]byte(sign(key, body)), []byte(signature)) {
		return monitor.Batch{}, errForged
	}
	var l letter
	if err := json.Unmarshal(body, &l); err != nil {
		return monitor.Batch{}, failure.InvalidField("body", "want a batch as JSON")
	}
	if age := now.Sub(time.UnixMilli(l.Sent)); age > maxAge || age < -maxAge {
		return monitor.Batch{}, errForged
	}
	var wrong failure.Fields
	if len(l.Due) > monitor.MaxBatch {
		wrong.Add("due", "want at most %d jobs, got %d", monitor.MaxBatch, len(l.Due))
	}
	for n, due := range l.Due {
		if _, err := job.ParseID(string(due.ID)); err != nil || due.Life < 0 {
			wrong.Add(fmt.Sprintf("due[%d]", n), "want an id and a life")
		}
	}
	return monitor.Batch{Instant: time.UnixMilli(l.Instant).UTC(), Due: l.Due}, wrong.Err()
}

// Answer returns the body of the answer to a batch.
func Answer(again []monitor.Due) any { return answer{append([]monitor.Due{}, again...)} }
