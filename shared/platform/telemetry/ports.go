package telemetry

import (
	"context"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Store measures loads and commits, and removes the gauges of a job that ended.
func (t *Telemetry) Store(next monitor.Store) monitor.Store {
	if t.off() {
		return next
	}
	return &store{next, t, t.step(stepLoad), t.step(stepCommit)}
}

type store struct {
	monitor.Store
	t            *Telemetry
	load, commit step
}

// Load implements monitor.TickStore.
func (s *store) Load(ctx context.Context, id job.ID, tickID string) (*monitor.Record, error) {
	return measure(ctx, s.load, id, func(ctx context.Context) (*monitor.Record, error) {
		return s.Store.Load(ctx, id, tickID)
	})
}

// Commit implements monitor.TickStore.
func (s *store) Commit(ctx context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	result, err := measure(ctx, s.commit, c.ID, func(ctx context.Context) (monitor.CommitResult, error) {
		return s.Store.Commit(ctx, c)
	})
	if err == nil && result == monitor.CommitDone && !c.State.Phase.Living() {
		s.t.table.remove(c.ID)
	}
	return result, err
}

// Queue measures reads of queues.
func (t *Telemetry) Queue(next monitor.Queue) monitor.Queue {
	if t.off() {
		return next
	}
	return &queue{next, t.step(stepQueue)}
}

type queue struct {
	next  monitor.Queue
	count step
}

// Count implements monitor.Queue.
func (q *queue) Count(ctx context.Context, of job.Queue) (job.QueueCount, error) {
	return measure(ctx, q.count, "", func(ctx context.Context) (job.QueueCount, error) { return q.next.Count(ctx, of) })
}

// KubeJobs measures reads of Kubernetes Jobs; nil stays nil.
func (t *Telemetry) KubeJobs(next monitor.KubeJobs) monitor.KubeJobs {
	if t.off() || next == nil {
		return next
	}
	return &kubeJobs{next, t.step(stepJobStatus)}
}

type kubeJobs struct {
	next   monitor.KubeJobs
	status step
}

// Status implements monitor.KubeJobs.
func (j *kubeJobs) Status(ctx context.Context, id job.ID) (job.KubeStatus, error) {
	return measure(ctx, j.status, id, func(ctx context.Context) (job.KubeStatus, error) { return j.next.Status(ctx, id) })
}

// SampleList measures pushes to the Controller's list, and counts them as the
// deliveries of a publisher.
func (t *Telemetry) SampleList(next monitor.SampleList) monitor.SampleList {
	if t.off() {
		return next
	}
	return &sampleList{next, t.step(stepPublish), t.deliveryCounter(monitor.SampleListName)}
}

type sampleList struct {
	next  monitor.SampleList
	push  step
	count func(ctx context.Context, outcome monitor.DeliveryOutcome)
}

// Push implements monitor.SampleList.
func (l *sampleList) Push(ctx context.Context, spec job.Spec, key monitor.PushKey, s sample.Sample) error {
	err := measureError(ctx, l.push, spec.ID, func(ctx context.Context) error { return l.next.Push(ctx, spec, key, s) })
	outcome := monitor.DeliveryDone
	if err != nil {
		outcome = monitor.DeliveryFailed
	}
	l.count(ctx, outcome)
	return err
}

// Scheduler measures the creation and the removal of schedules.
func (t *Telemetry) Scheduler(next monitor.Scheduler) monitor.Scheduler {
	if t.off() {
		return next
	}
	return &scheduler{next, t.step(stepSchedule), t.step(stepUnschedule)}
}

type scheduler struct {
	monitor.Scheduler
	schedule, unschedule step
}

// Schedule implements monitor.Scheduler.
func (s *scheduler) Schedule(ctx context.Context, spec job.Spec) error {
	return measureError(ctx, s.schedule, spec.ID, func(ctx context.Context) error { return s.Scheduler.Schedule(ctx, spec) })
}

// Unschedule implements monitor.Scheduler.
func (s *scheduler) Unschedule(ctx context.Context, id job.ID, life int64) error {
	ctx, call := s.unschedule.begin(ctx, id)
	err := s.Scheduler.Unschedule(ctx, id, life)
	s.unschedule.end(ctx, call, err)
	return err
}
