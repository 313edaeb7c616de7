package monitortest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// errDeleting refuses a schedule whose name is still that of one being removed.
var errDeleting = failure.Unavailable("the schedule is being deleted", nil)

// Scheduler is a monitor.Scheduler that keeps its schedules in memory.
type Scheduler struct {
	// Fail, if set, is called by Schedule, which returns its error.
	Fail func() error
	// Finalize is how long a schedule that is removed still exists, as a PingSource
	// does until its controller has removed its finalizer: it ticks, is not listed,
	// and its name is taken.
	Finalize time.Duration

	mu        sync.Mutex
	scheduled map[key]string // cron
	deleting  map[key]bool
	calls     int
	removals  int
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
	k := key{spec.ID, spec.Life()}
	if s.deleting[k] {
		return errDeleting
	}
	if s.scheduled[k] == "" {
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
		if k.name() <= after || s.deleting[k] {
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
	s.removals++
	k := key{id, life}
	if s.scheduled[k] == "" || s.deleting[k] {
		return nil
	}
	if s.Finalize <= 0 {
		delete(s.scheduled, k)
		return nil
	}
	if s.deleting == nil {
		s.deleting = map[key]bool{}
	}
	s.deleting[k] = true
	time.AfterFunc(s.Finalize, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.scheduled, k)
		delete(s.deleting, k)
	})
	return nil
}

// Ticking returns the schedules that exist and therefore tick, those that are being
// removed too.
func (s *Scheduler) Ticking() []monitor.Scheduled {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ticking []monitor.Scheduled
	for k, cron := range s.scheduled {
		ticking = append(ticking, monitor.Scheduled{ID: k.id, Life: k.life, Cron: cron})
	}
	return ticking
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

// Removals is how often Unschedule was called.
func (s *Scheduler) Removals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removals
}

// Calls is how often Schedule was called.
func (s *Scheduler) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}
