// Package replicakey writes the number of replicas that a job should have to a key in
// the job's own Redis. Any supervisor of workers can read it there.
package replicakey

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisbatch"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
)

// What the script returns if it changed nothing.
const (
	overtaken = 0
	foreign   = -1
)

// maxAddress bounds an address in a text, in characters, so that the phrase behind it
// is not cut.
const maxAddress = 100

//go:embed set.lua
var setSource string

// Key is a monitor.Actuator.
type Key struct {
	pool   *redispool.Pool
	expiry int64 // milliseconds
	script *redisbatch.Script
}

var _ monitor.Actuator = (*Key)(nil)

// New returns a Key on pool. A job's key expires if it is not written for expiry.
func New(pool *redispool.Pool, expiry time.Duration) *Key {
	return &Key{pool: pool, expiry: expiry.Milliseconds(), script: redisbatch.NewScript(setSource)}
}

// Scale implements monitor.Actuator: it writes the number, as decimal digits, to
// job.ReplicasKey in database 0 of the job's Redis. A decision of an earlier life, or an
// earlier decision of the same life, changes nothing, and so does a key that holds no
// number, which is somebody else's. The other errors are those of
// redispool.Explain.
func (k *Key) Scale(ctx context.Context, spec job.Spec, order job.Order) error {
	var answer any
	err := k.pool.Batch(ctx, redispool.InZero(spec.Queue), func(batch *redisbatch.Batcher) (err error) {
		answer, err = k.script.Run(ctx, batch, []any{job.ReplicasKey(spec.ID), job.ReplicasOrderKey(spec.ID)},
			order.Replicas, spec.Life(), order.Sequence, k.expiry)
		return err
	})
	switch {
	case err != nil:
		return redispool.Explain("write the number of replicas", spec.Queue.Address.String(), err)
	case answer == int64(overtaken):
		return &failure.Error{Kind: failure.KindConflict, Message: "a later decision has set the number of replicas"}
	case answer == int64(foreign):
		return failure.Refused(fmt.Sprintf("cannot write the number of replicas at %s: the key %s belongs to somebody else",
			failure.Shorten(spec.Queue.Address.String(), maxAddress), job.ReplicasKey(spec.ID)), nil)
	}
	return nil
}
