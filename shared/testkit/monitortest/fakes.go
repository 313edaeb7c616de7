package monitortest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Queue is a monitor.Queue that returns what the test sets.
type Queue struct {
	mu    sync.Mutex
	count job.QueueCount
	err   error
}

// Set sets the result of the next counts.
func (q *Queue) Set(count job.QueueCount, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count, q.err = count, err
}

// Count implements monitor.Queue.
func (q *Queue) Count(context.Context, job.Address) (job.QueueCount, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.err
}

// Scheduler is a monitor.Scheduler that records what is scheduled.
type Scheduler struct {
	// Fail, if set, is called before each Schedule, which returns its error.
	Fail func() error

	mu        sync.Mutex
	scheduled map[job.ID]string // cron
	calls     int
}

// Schedule implements monitor.Scheduler.
func (s *Scheduler) Schedule(_ context.Context, spec job.Spec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.Fail != nil {
		if err := s.Fail(); err != nil {
			return err
		}
	}
	if s.scheduled == nil {
		s.scheduled = map[job.ID]string{}
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
func (s *Scheduler) Unschedule(_ context.Context, id job.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scheduled, id)
	return nil
}

// Has reports whether a job is scheduled.
func (s *Scheduler) Has(id job.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.scheduled[id]
	return ok
}

// Calls returns how often Schedule was called.
func (s *Scheduler) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// SampleList is a monitor.SampleList that forwards to Next, with faults before
// and after: those of a process that dies in between.
type SampleList struct {
	Next          monitor.SampleList
	Before, After func() error
}

// Push implements monitor.SampleList.
func (l *SampleList) Push(ctx context.Context, spec job.Spec, tickID string, s sample.Sample) error {
	return around(l.Before, l.After, func() error { return l.Next.Push(ctx, spec, tickID, s) })
}

// Store is a monitor.Store that forwards to the one in it, with faults before and
// after each commit.
type Store struct {
	monitor.Store
	Before, After func() error
}

// Commit implements monitor.Store.
func (s *Store) Commit(ctx context.Context, c monitor.Change) (result monitor.CommitResult, err error) {
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

// Once returns a function that returns err the first time it is called.
func Once(err error) func() error {
	var once sync.Once
	return func() (failure error) {
		once.Do(func() { failure = err })
		return failure
	}
}
