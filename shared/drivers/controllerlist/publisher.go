// Package controllerlist answers how Asperathos' Controller gets the samples: from
// a list in the job's own Redis, of which it pops the newest.
package controllerlist

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/monitor"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/core/sample"
)

// Kept is how many samples the list holds at most: the newest. The Controller
// never trims it.
const Kept = 1024

// remembered is how many published ticks are told from new ones.
const remembered = 256

//go:embed publish.lua
var source string

// Publisher is a monitor.Publisher.
type Publisher struct {
	pool   *redispool.Pool
	expiry time.Duration
	script *redis.Script
}

var _ monitor.Publisher = (*Publisher)(nil)

// New is a Publisher on pool; the list of a job lives for expiry after its last
// sample.
func New(pool *redispool.Pool, expiry time.Duration) *Publisher {
	return &Publisher{pool: pool, expiry: expiry, script: redis.NewScript(source)}
}

// Key is the list of a job's samples.
func Key(id monitor.JobID) string { return string(id) + ":metrics" }

// guardKey shares the list's hash slot on a Redis Cluster.
func guardKey(id monitor.JobID) string { return "{" + Key(id) + "}:ticks" }

// Publish pushes one sample, once for each tick: exactly once where it is
// called again after an error. The kind of an error is unavailable.
func (p *Publisher) Publish(ctx context.Context, spec monitor.Spec, tickID string, s sample.Sample) error {
	element, err := sample.Encode(string(spec.ID), s)
	if err != nil {
		return err
	}
	err = p.pool.Do(spec.Queue.String(), func(client *redis.Client) error {
		return p.script.Run(ctx, client, []string{Key(spec.ID), guardKey(spec.ID)},
			tickID, s.At, element.Head, element.Tail, Kept, remembered, p.expiry.Milliseconds()).Err()
	})
	if err == nil {
		return nil
	}
	if typed, ok := errors.AsType[*monitor.Error](err); ok {
		return typed
	}
	return monitor.Unavailable("the sample cannot be published", fmt.Errorf("publish to %s: %w", spec.Queue, err))
}
