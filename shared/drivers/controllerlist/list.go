// Package controllerlist pushes samples to a list in the job's own Redis.
// Asperathos' Controller pops the newest sample from it.
package controllerlist

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisbatch"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
)

// MaxLength is the maximum length of the list, which keeps the newest samples.
// The Controller never trims it.
const MaxLength = 1024

// foreign is what the script returns if the list is somebody else's.
const foreign = "foreign"

// maxAddress bounds an address in a text, in characters, so that the phrase behind it
// is not cut.
const maxAddress = 100

// rememberedTicks is the number of entries by which Push recognises duplicates.
// Each pushed tick has two: its id, and the instant of its schedule.
const rememberedTicks = 512

//go:embed push.lua
var pushSource string

// List is a monitor.SampleList.
type List struct {
	pool   *redispool.Pool
	script *redisbatch.Script
}

var _ monitor.SampleList = (*List)(nil)

// New returns a List on pool. A job's list expires if no sample is pushed for
// expiry.
func New(pool *redispool.Pool, expiry time.Duration) *List {
	constants := fmt.Sprintf("local KEEP, REMEMBER, EXPIRY, METRIC = %d, %d, %d, '%s'\n",
		MaxLength, rememberedTicks, expiry.Milliseconds(), sample.NameError)
	return &List{pool: pool, script: redisbatch.NewScript(constants + pushSource)}
}

// Key returns the key of a job's list.
func Key(id job.ID) string { return job.SampleListKey(id) }

// ticksKey returns the key of a sorted set: the ids and instants of the pushed
// ticks.
func ticksKey(id job.ID) string { return job.PushedTicksKey(id) }

// Push implements monitor.SampleList. It pushes at most one sample for each tick
// and each instant of a life, and exactly one if it is repeated until it succeeds. The error is that of
// redispool.Explain: of kind refused if another attempt cannot succeed, for example
// on a key of a wrong type, on a replica, or for a user without scripting. The list
// is in database 0, where the Controller looks, whatever the database of the queue.
//
// Push refuses a list of the job's name that is somebody else's, and changes nothing:
// one that exists and that this program has not pushed to, unless its newest element is
// a sample of the job. If others push to the job's list, it gets no expiry and loses no
// element of theirs.
//
// There is no way without scripting: whether the tick was pushed, and the timestamp
// of the last sample, decide what is pushed. WATCH could replace the script, but
// with three round trips for each sample and a second copy of the rules.
func (l *List) Push(ctx context.Context, spec job.Spec, key monitor.PushKey, s sample.Sample) error {
	element, err := sample.Encode(string(spec.ID), s)
	if err != nil {
		return err
	}
	var answer any
	err = l.pool.Batch(ctx, redispool.InZero(spec.Queue), func(batch *redisbatch.Batcher) (err error) {
		answer, err = l.script.Run(ctx, batch, []any{Key(spec.ID), ticksKey(spec.ID)},
			key.TickID, s.At, element.Head, element.Tail, instant(spec, key), string(spec.ID))
		return err
	})
	if err == nil && answer != foreign {
		return nil
	}
	address := spec.Queue.Address.String()
	if err == nil {
		return failure.Refused(fmt.Sprintf("cannot push to the Controller's list at %s: the list %s belongs to somebody else",
			failure.Shorten(address, maxAddress), Key(spec.ID)), nil)
	}
	return redispool.Explain("push to the Controller's list", address, err)
}

// instant returns the name of an instant of a life, "" for none.
func instant(spec job.Spec, key monitor.PushKey) string {
	if key.Instant == 0 {
		return ""
	}
	return strconv.FormatInt(spec.Life(), 36) + "@" + strconv.FormatInt(key.Instant, 36)
}
