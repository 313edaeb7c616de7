package monitortest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

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
func (q *Queue) Count(context.Context, job.Address) (job.QueueCount, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.err
}

// Scheduler is a monitor.Scheduler that keeps its schedules in memory.
type Scheduler struct {
	// Fail, if set, is called by Schedule, which returns its error.
	Fail func() error

	mu        sync.Mutex
	scheduled map[key]string // cron
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
		s.scheduled = map[key]string{}
	}
	if k := (key{spec.ID, spec.Life()}); s.scheduled[k] == "" {
		s.scheduled[k] = spec.Schedule().Cron
	}
	return nil
}

// List implements monitor.Scheduler.
func (s *Scheduler) List(_ context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []monitor.Scheduled
	for _, k := range slices.SortedFunc(maps.Keys(s.scheduled), func(a, b key) int { return cmp.Compare(a.name(), b.name()) }) {
		if k.name() <= after {
			continue
		}
		if len(page) == limit {
			last := page[limit-1]
			return page, key{last.ID, last.Life}.name(), nil
		}
		page = append(page, monitor.Scheduled{ID: k.id, Life: k.life, Cron: s.scheduled[k]})
	}
	return page, "", nil
}

// Unschedule implements monitor.Scheduler.
func (s *Scheduler) Unschedule(_ context.Context, id job.ID, life int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scheduled, key{id, life})
	return nil
}

// Has reports whether a job is scheduled.
func (s *Scheduler) Has(id job.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.scheduled {
		if k.id == id {
			return true
		}
	}
	return false
}

// Lives returns the lives of a job that have a schedule.
func (s *Scheduler) Lives(id job.ID) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lives []int64
	for k := range s.scheduled {
		if k.id == id {
			lives = append(lives, k.life)
		}
	}
	slices.Sort(lives)
	return lives
}

// Add makes a schedule exist, whatever the store says.
func (s *Scheduler) Add(id job.ID, life int64, cron string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scheduled == nil {
		s.scheduled = map[key]string{}
	}
	s.scheduled[key{id, life}] = cron
}

// key names a schedule.
type key struct {
	id   job.ID
	life int64
}

// name orders schedules as Kubernetes orders the names of PingSources.
func (k key) name() string { return monitor.ListOrder(k.id) + strconv.FormatInt(k.life, 36) }

// Calls is how often Schedule was called.
func (s *Scheduler) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// SampleList is a monitor.SampleList that forwards to Next. It calls Before and
// After around each Push and returns their errors, as if the process had died
// before or after it. Either may be nil.
type SampleList struct {
	Next          monitor.SampleList
	Before, After func() error
}

// Push implements monitor.SampleList.
func (l *SampleList) Push(ctx context.Context, spec job.Spec, tickID string, s sample.Sample) error {
	return withFaults(l.Before, l.After, func() error { return l.Next.Push(ctx, spec, tickID, s) })
}

// Store is a monitor.Store that forwards to the embedded one. Before and After
// inject faults around each Commit, as those of SampleList do.
type Store struct {
	monitor.Store
	Before, After func() error
}

// Commit implements monitor.TickStore.
func (s *Store) Commit(ctx context.Context, c monitor.Change) (result monitor.CommitResult, err error) {
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
