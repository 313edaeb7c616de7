package telemetry

import (
	"context"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Store measures loads and commits; a job that ended has no figures any more.
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

// Load implements monitor.Store.
func (s *store) Load(ctx context.Context, id job.ID, tickID string) (monitor.Record, error) {
	ctx, call := s.load.begin(ctx, id)
	record, err := s.Store.Load(ctx, id, tickID)
	s.load.end(ctx, call, err)
	return record, err
}

// Commit implements monitor.Store.
func (s *store) Commit(ctx context.Context, c monitor.Change) (monitor.CommitResult, error) {
	ctx, call := s.commit.begin(ctx, c.ID)
	committed, err := s.Store.Commit(ctx, c)
	s.commit.end(ctx, call, err)
	if err == nil && committed == monitor.CommitDone && !c.State.Phase.Living() {
		s.t.table.remove(c.ID)
	}
	return committed, err
}

// Queue measures looks at queues.
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
func (q *queue) Count(ctx context.Context, at job.Address) (job.QueueCount, error) {
	ctx, call := q.count.begin(ctx, "")
	count, err := q.next.Count(ctx, at)
	q.count.end(ctx, call, err)
	return count, err
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
	ctx, call := j.status.begin(ctx, id)
	status, err := j.next.Status(ctx, id)
	j.status.end(ctx, call, err)
	return status, err
}

// SampleList measures pushes to the Controller's list.
func (t *Telemetry) SampleList(next monitor.SampleList) monitor.SampleList {
	if t.off() {
		return next
	}
	return &sampleList{next, t.step(stepPublish)}
}

type sampleList struct {
	next monitor.SampleList
	push step
}

// Push implements monitor.SampleList.
func (l *sampleList) Push(ctx context.Context, spec job.Spec, tickID string, s sample.Sample) error {
	ctx, call := l.push.begin(ctx, spec.ID)
	err := l.next.Push(ctx, spec, tickID, s)
	l.push.end(ctx, call, err)
	return err
}

// Scheduler measures the making and the ending of schedules.
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
	ctx, call := s.schedule.begin(ctx, spec.ID)
	err := s.Scheduler.Schedule(ctx, spec)
	s.schedule.end(ctx, call, err)
	return err
}

// Unschedule implements monitor.Scheduler.
func (s *scheduler) Unschedule(ctx context.Context, id job.ID) error {
	ctx, call := s.unschedule.begin(ctx, id)
	err := s.Scheduler.Unschedule(ctx, id)
	s.unschedule.end(ctx, call, err)
	return err
}
