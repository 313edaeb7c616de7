package monitortest

import (
	"context"
	"sync"
	"sync/atomic"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Queue is a monitor.Queue that returns what was set.
type Queue struct {
	mu    sync.Mutex
	count job.QueueCount
	err   error
}

// Set sets what Count returns.
func (q *Queue) Set(count job.QueueCount, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count, q.err = count, err
}

// Count implements monitor.Queue.
func (q *Queue) Count(context.Context, job.Queue) (job.QueueCount, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.err
}

// SampleList is a monitor.SampleList that forwards to Next. It calls Before and
// After around each Push and returns their errors, as if the process had died
// before or after it. Either may be nil.
type SampleList struct {
	Next          monitor.SampleList
	Before, After func() error
}

// Push implements monitor.SampleList.
func (l *SampleList) Push(ctx context.Context, spec job.Spec, key monitor.PushKey, s sample.Sample) error {
	return withFaults(l.Before, l.After, func() error { return l.Next.Push(ctx, spec, key, s) })
}

// Store is a monitor.Store that forwards to the embedded one. Before and After
// inject faults around each Commit, as those of SampleList do.
type Store struct {
	monitor.Store
	Before, After func() error

	marks atomic.Int64
}

// MarkPublishers implements monitor.MarkStore.
func (s *Store) MarkPublishers(ctx context.Context, id job.ID, life int64, states map[string]monitor.PublisherState) error {
	s.marks.Add(1)
	return s.Store.MarkPublishers(ctx, id, life, states)
}

// Marks returns how often MarkPublishers was called.
func (s *Store) Marks() int64 { return s.marks.Load() }

// Commit implements monitor.TickStore.
func (s *Store) Commit(ctx context.Context, c *monitor.Change) (result monitor.CommitResult, err error) {
	err = withFaults(s.Before, s.After, func() error {
		result, err = s.Store.Commit(ctx, c)
		return err
	})
	return result, err
}

// withFaults calls before, call and after in turn and stops at the first error.
// before and after may be nil.
func withFaults(before, after, call func() error) error {
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

// FailOnce returns a function that returns err when it is first called, and nil
// after that.
func FailOnce(err error) func() error {
	var once sync.Once
	return func() (failure error) {
		once.Do(func() { failure = err })
		return failure
	}
}
