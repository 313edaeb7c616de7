package monitor

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
)

// observeTimeout bounds the observation of a job. It is shorter than the
// shortest period.
const observeTimeout = time.Second

// observedTick is a tick with the record that it loaded and what it saw of the
// job.
type observedTick struct {
	Tick
	arrived time.Time
	record  Record
	seen    job.Observation
	err     error // why the job could not be observed; nil if it was
}

// observe reads the queue and the Kubernetes Job concurrently.
func (s *Service) observe(ctx context.Context, record Record, tick Tick, arrived time.Time) observedTick {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	o := observedTick{Tick: tick, arrived: arrived, record: record}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		o.seen.Queue, err = s.queue.Count(ctx, record.Spec.Queue)
		return err
	})
	group.Go(func() (err error) {
		o.seen.Kube, err = s.kubeStatus(ctx, record)
		return err
	})
	o.err = group.Wait()
	o.seen.At = s.now()
	return o
}

// transition returns what the tick makes of a state.
func (o observedTick) transition(state job.State, retries int) job.Transition {
	if o.err != nil {
		return job.Fail(state, o.err.Error(), retries, o.arrived)
	}
	return job.Advance(o.record.Spec, state, o.seen)
}

// outcome returns the outcome of the tick once it is committed.
func (o observedTick) outcome() Outcome {
	if o.err != nil {
		return OutcomeFailed
	}
	return OutcomeSampled
}
