package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// observeTimeout bounds the observation of a job. It is shorter than the
// shortest period.
const observeTimeout = time.Second

// observedTick is a tick with the record that it loaded and what it saw of the
// job.
type observedTick struct {
	Tick
	delivery accounting.Delivery
	record   *Record
	seen     job.Observation
	late     bool // another tick that observed the job later was committed first
}

// observe reads the queue and the Kubernetes Job concurrently, and the target of a
// controlled job if that is another object. One part that fails leaves the others
// standing.
func (s *Service) observe(ctx context.Context, record *Record, tick Tick, delivery accounting.Delivery) *observedTick {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	o := &observedTick{Tick: tick, delivery: delivery, record: record}
	if o.seen.Undecided = tick.Internal; !tick.Internal { // a sweep has no right to scale
		o.seen.Late = delivery.Lateness(record.Spec.Schedule())
	}
	if target := s.observedTarget(record.Spec, tick); target != nil || s.asksKubernetes() {
		o.seen = s.observeAll(ctx, record, o.seen, target)
	} else {
		o.seen.Kube = s.kubeHalf(ctx, record)
		o.seen.Queue = s.queueHalf(ctx, record.Spec.ID, record.Spec.Queue)
	}
	o.seen.At = s.now()
	return o
}

// observeAll observes what is not in Redis too, all at once.
func (s *Service) observeAll(ctx context.Context, record *Record, seen job.Observation, target *job.Target) job.Observation {
	var others sync.WaitGroup
	id := record.Spec.ID
	others.Go(func() {
		defer failure.Rescue(func(err error) { seen.Kube = job.KubeHalf{Asked: true, Error: s.caught(ctx, id, err)} })
		seen.Kube = s.kubeHalf(ctx, record)
	})
	if target != nil {
		others.Go(func() {
			defer failure.Rescue(func(err error) { seen.Fleet = job.FleetHalf{Error: s.caught(ctx, id, err)} })
			seen.Fleet = s.fleetHalf(ctx, *target)
		})
	}
	seen.Queue = s.queueHalf(ctx, id, record.Spec.Queue)
	others.Wait()
	return seen
}

// observedTarget returns what runs a controlled job, if that is to be observed too; else nil.
func (s *Service) observedTarget(spec job.Spec, tick Tick) *job.Target {
	if s.fleets == nil || !spec.ScalesOther() || tick.Internal {
		return nil
	}
	return spec.Control.Target
}

// queueHalf reads the queue. A panic is an error of it.
func (s *Service) queueHalf(ctx context.Context, id job.ID, queue job.Queue) (half job.QueueHalf) {
	defer failure.Rescue(func(err error) { half = job.QueueHalf{Error: s.caught(ctx, id, err)} })
	count, err := s.queue.Count(ctx, queue)
	if err != nil {
		return job.QueueHalf{Error: explain(err)}
	}
	return job.QueueHalf{Count: &count}
}

// fleetHalf reads the replicas of the job's target.
func (s *Service) fleetHalf(ctx context.Context, target job.Target) job.FleetHalf {
	fleet, err := s.fleets.Fleet(ctx, target)
	switch {
	case err == nil:
		return job.FleetHalf{Fleet: &fleet}
	case failure.KindOf(err) == failure.KindNotFound:
		return job.FleetHalf{Error: "it does not exist"}
	default:
		return job.FleetHalf{Error: explain(err)}
	}
}

// caught logs a panic and returns the text of its error.
func (s *Service) caught(ctx context.Context, id job.ID, err error) string {
	s.log.ErrorContext(ctx, "panic", "job", id, "error", err, "stack", failure.Stack(err))
	return explain(err)
}

// transition returns what the tick makes of a state.
func (o *observedTick) transition(cfg Config) job.Transition {
	if o.late {
		return job.AdvanceLate(&o.record.Spec, &o.record.State, &o.seen)
	}
	limit := job.FailureLimit{Count: cfg.Retries, For: cfg.FailAfter}
	return job.Advance(&o.record.Spec, &o.record.State, &o.seen, limit)
}

// overtaken returns the tick with the record that another tick committed in the
// meantime.
func (o *observedTick) overtaken(record *Record) *observedTick {
	before, now := o.record.State.Summary.Last, record.State.Summary.Last
	changed := now != nil && (before == nil || *before != *now)
	next := *o
	next.late = o.late || changed && now.At > o.seen.At.UnixMilli()
	next.record = record
	return &next
}

// explain returns the text of an error for the status of a job.
func explain(err error) string {
	text := err.Error()
	if typed, ok := errors.AsType[*failure.Error](err); ok {
		text = typed.Public()
	}
	return failure.Clean(text)
}
