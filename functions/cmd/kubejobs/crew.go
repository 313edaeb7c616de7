package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/workqueue"
)

// crewStep is the time between two looks at the number of workers that is asked for.
const crewStep = 200 * time.Millisecond

// crew is the workers of a job, and the supervisor that starts and stops them.
type crew struct {
	client *redis.Client
	job    job.ID
	first  int // workers until another number is asked for
	most   int
	// pause is the mean time that a worker waits while it holds an item; each wait is
	// from half of it to one and a half.
	pause time.Duration
}

// run lets workers drain the queue until it is empty. It follows the number of replicas
// that is written to the job's key.
func (c crew) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	var stops []chan struct{} // of the workers, in the order of their start
	ended := make(chan struct{}, c.most)
	next := time.NewTicker(crewStep)
	defer next.Stop()
	for want, working := c.first, 0; ; {
		for ; len(stops) < want; working++ {
			stop := make(chan struct{})
			stops = append(stops, stop)
			group.Go(func() (err error) {
				defer failure.Rescue(func(caught error) { err = caught })
				defer func() { ended <- struct{}{} }()
				return c.work(ctx, stop)
			})
		}
		for ; len(stops) > want; stops = stops[:len(stops)-1] {
			close(stops[len(stops)-1])
		}
		select {
		case <-ended:
			if working--; working == 0 { // the queue is empty, or a worker failed
				return group.Wait()
			}
		case <-next.C:
			var err error
			if want, err = c.asked(ctx, want); err != nil && ctx.Err() == nil {
				cancel()
				_ = group.Wait() // cancelled
				return err
			}
		}
	}
}

// asked returns how many workers are asked for; last if nobody has said.
func (c crew) asked(ctx context.Context, last int) (int, error) {
	text, err := c.client.Get(ctx, job.ReplicasKey(c.job)).Result()
	if errors.Is(err, redis.Nil) {
		return last, nil
	}
	if err != nil {
		return last, fmt.Errorf("read the number of workers: %w", err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return last, fmt.Errorf("read the number of workers: %w", err)
	}
	return min(max(n, 1), c.most), nil
}

// work takes items as Asperathos' workers do, until none is left or stop is closed:
// job → job:processing → work → job:results.
func (c crew) work(ctx context.Context, stop <-chan struct{}) error {
	for {
		item, err := c.client.LMove(ctx, workqueue.Waiting, workqueue.InFlight, "RIGHT", "LEFT").Result()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("take an item: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration((.5 + rand.Float64()) * float64(c.pause))): //nolint:gosec // no secret
		}
		if err := finish(ctx, c.client, item); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}
