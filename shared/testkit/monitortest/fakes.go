package monitortest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"kubejobs/shared/monitor"
	"kubejobs/shared/core/sample"
)

// Queue is a monitor.Queue that says what it is told.
type Queue struct {
	mu    sync.Mutex
	count monitor.QueueCount
	err   error
}

// Set is what the next counts say.
func (q *Queue) Set(count monitor.QueueCount, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count, q.err = count, err
}

// Count implements monitor.Queue.
func (q *Queue) Count(context.Context, monitor.Address) (monitor.QueueCount, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.err
}

// Scheduler is a monitor.Scheduler that notes what is scheduled.
type Scheduler struct {
	// Fail, if set, is asked before each call of Schedule.
	Fail func() error

	mu        sync.Mutex
	scheduled map[monitor.JobID]string // cron
	calls     int
}

// Schedule implements monitor.Scheduler.
func (s *Scheduler) Schedule(_ context.Context, spec monitor.Spec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.Fail != nil {
		if err := s.Fail(); err != nil {
			return err
		}
	}
	if s.scheduled == nil {
		s.scheduled = map[monitor.JobID]string{}
	}
	if _, there := s.scheduled[spec.ID]; !there {
		s.scheduled[spec.ID] = spec.Schedule().Cron
	}
	return nil
}

// List implements monitor.Scheduler.
func (s *Scheduler) List(_ context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []monitor.Scheduled
	for _, id := range slices.Sorted(maps.Keys(s.scheduled)) {
		if string(id) <= after {
			continue
		}
		if len(page) == limit {
			return page, string(page[limit-1].ID), nil
		}
		page = append(page, monitor.Scheduled{ID: id, Cron: s.scheduled[id]})
	}
	return page, "", nil
}

// Unschedule implements monitor.Scheduler.
func (s *Scheduler) Unschedule(_ context.Context, id monitor.JobID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scheduled, id)
	return nil
}

// Has tells whether a job is scheduled.
func (s *Scheduler) Has(id monitor.JobID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.scheduled[id]
	return ok
}

// Calls is how often Schedule was called.
func (s *Scheduler) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Publisher is a monitor.Publisher that passes on to Next, with faults before
// and after: the faults of a process that dies in between.
type Publisher struct {
	Next          monitor.Publisher
	Before, After func() error
}

// Publish implements monitor.Publisher.
func (p *Publisher) Publish(ctx context.Context, spec monitor.Spec, tickID string, s sample.Sample) error {
	return around(p.Before, p.After, func() error { return p.Next.Publish(ctx, spec, tickID, s) })
}

// Store is a monitor.Store that passes on to the one in it, with faults before
// and after each commit.
type Store struct {
	monitor.Store
	Before, After func() error
}

// Commit implements monitor.Store.
func (s *Store) Commit(ctx context.Context, c monitor.Commit) (result monitor.Committed, err error) {
	err = around(s.Before, s.After, func() error {
		result, err = s.Store.Commit(ctx, c)
		return err
	})
	return result, err
}

func around(before, after func() error, call func() error) error {
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	if err := call(); err != nil || after == nil {
		return err
	}
	return after()
}

// Once fails the first time it is called.
func Once(err error) func() error {
	var once sync.Once
	return func() (failure error) {
		once.Do(func() { failure = err })
		return failure
	}
}
