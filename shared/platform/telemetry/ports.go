package telemetry

import (
	"context"

	"kubejobs/shared/monitor"
	"kubejobs/shared/core/sample"
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
func (s *store) Load(ctx context.Context, id monitor.JobID, tickID string) (monitor.Record, error) {
	ctx, call := s.load.begin(ctx, id)
	record, err := s.Store.Load(ctx, id, tickID)
	s.load.end(ctx, call, err)
	return record, err
}

// Commit implements monitor.Store.
func (s *store) Commit(ctx context.Context, c monitor.Commit) (monitor.Committed, error) {
	ctx, call := s.commit.begin(ctx, c.ID)
	committed, err := s.Store.Commit(ctx, c)
	s.commit.end(ctx, call, err)
	if err == nil && committed == monitor.CommittedNow && !c.State.Phase.Living() {
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
func (q *queue) Count(ctx context.Context, at monitor.Address) (monitor.QueueCount, error) {
	ctx, call := q.count.begin(ctx, "")
	count, err := q.next.Count(ctx, at)
	q.count.end(ctx, call, err)
	return count, err
}

// Jobs measures looks at Jobs; nil stays nil.
func (t *Telemetry) Jobs(next monitor.Jobs) monitor.Jobs {
	if t.off() || next == nil {
		return next
	}
	return &jobs{next, t.step(stepJobStatus)}
}

type jobs struct {
	next   monitor.Jobs
	status step
}

// Status implements monitor.Jobs.
func (j *jobs) Status(ctx context.Context, id monitor.JobID) (monitor.JobStatus, error) {
	ctx, call := j.status.begin(ctx, id)
	status, err := j.next.Status(ctx, id)
	j.status.end(ctx, call, err)
	return status, err
}

// Publisher measures the publishing of samples.
func (t *Telemetry) Publisher(next monitor.Publisher) monitor.Publisher {
	if t.off() {
		return next
	}
	return &publisher{next, t.step(stepPublish)}
}

type publisher struct {
	next    monitor.Publisher
	publish step
}

// Publish implements monitor.Publisher.
func (p *publisher) Publish(ctx context.Context, spec monitor.Spec, tickID string, s sample.Sample) error {
	ctx, call := p.publish.begin(ctx, spec.ID)
	err := p.next.Publish(ctx, spec, tickID, s)
	p.publish.end(ctx, call, err)
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
func (s *scheduler) Schedule(ctx context.Context, spec monitor.Spec) error {
	ctx, call := s.schedule.begin(ctx, spec.ID)
	err := s.Scheduler.Schedule(ctx, spec)
	s.schedule.end(ctx, call, err)
	return err
}

// Unschedule implements monitor.Scheduler.
func (s *scheduler) Unschedule(ctx context.Context, id monitor.JobID) error {
	ctx, call := s.unschedule.begin(ctx, id)
	err := s.Scheduler.Unschedule(ctx, id)
	s.unschedule.end(ctx, call, err)
	return err
}
