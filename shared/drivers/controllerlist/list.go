// Package controllerlist pushes samples to the list in the job's own Redis from
// which Asperathos' Controller pops the newest.
package controllerlist

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
)

// MaxLength is the maximum length of the list, which keeps the newest samples.
// The Controller never trims it.
const MaxLength = 1024

// remembered is the number of pushed ticks that Push recognises as duplicates.
const remembered = 256

//go:embed push.lua
var source string

// List is a monitor.SampleList.
type List struct {
	pool   *redispool.Pool
	expiry time.Duration
	script *redis.Script
}

var _ monitor.SampleList = (*List)(nil)

// New returns a List on pool. The list of a job expires after expiry without a
// sample.
func New(pool *redispool.Pool, expiry time.Duration) *List {
	return &List{pool: pool, expiry: expiry, script: redis.NewScript(source)}
}

// Key returns the key of a job's list.
func Key(id job.ID) string { return string(id) + ":metrics" }

// guardKey returns the key of the ids of the pushed ticks. It shares the hash
// slot of the list on a Redis Cluster.
func guardKey(id job.ID) string { return "{" + Key(id) + "}:ticks" }

// Push pushes one sample. It pushes at most one for each tick, and exactly one
// if it is called again after an error. The error is of kind unavailable, unless
// it has a kind of its own (an address that is not allowed).
func (l *List) Push(ctx context.Context, spec job.Spec, tickID string, s sample.Sample) error {
	element, err := sample.Encode(string(spec.ID), s)
	if err != nil {
		return err
	}
	err = l.pool.Do(spec.Queue.String(), func(client *redis.Client) error {
		return l.script.Run(ctx, client, []string{Key(spec.ID), guardKey(spec.ID)},
			tickID, s.At, element.Head, element.Tail, MaxLength, remembered, l.expiry.Milliseconds()).Err()
	})
	if err == nil {
		return nil
	}
	return failure.Classified(err, failure.Unavailable(
		"the sample cannot be pushed", fmt.Errorf("push to %s: %w", spec.Queue, err)))
}
