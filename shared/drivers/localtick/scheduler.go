// Package localtick ticks jobs without Knative. It runs cron in the process and
// sends the CloudEvents that a PingSource would send: over HTTP, with the same
// jitter and retries.
package localtick

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// cronFields are the fields of an expression that PingSource accepts.
const cronFields = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// Options holds the settings of a Scheduler.
type Options struct {
	Sink   string                                    // URL that ticks are POSTed to
	Jitter time.Duration                             // maximum random delay of a tick; 0: none
	Wrap   func(http.RoundTripper) http.RoundTripper // wraps the sender's transport; nil: no wrapper
	Now    func() time.Time                          // nil: time.Now
	// Senders is the maximum number of requests under way, 256; others wait.
	Senders int
	// Lost, if set, is called for each tick that no sink took.
	Lost func(Reason)
}

// Scheduler is a monitor.Scheduler in the process. Its schedules end with the
// process; monitor.Service.Resume schedules the living jobs again.
type Scheduler struct {
	cron     *cron.Cron
	send     func(id job.ID, life int64, busy *atomic.Bool)
	panicked func(error) // logs the panic of a tick or a call

	mu      sync.Mutex
	entries map[job.ID]*entry
	groups  map[string]*group // by their expression
	ordered []job.ID          // of entries, by monitor.ListOrder; nil: not known
}

// entry is the schedule of a job.
type entry struct {
	job  job.ID
	life int64
	cron string       // expression
	busy *atomic.Bool // a tick is under way
}

// group is the jobs of one expression, which share an entry of cron: cron sorts its entries
// whenever one comes or goes.
type group struct {
	cron    cron.EntryID
	members map[job.ID]*entry
}

var _ monitor.Scheduler = (*Scheduler)(nil)

// New returns a Scheduler that sends ticks until ctx ends. Call Start to begin.
func New(ctx context.Context, o Options, log *slog.Logger) (*Scheduler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	sender, err := newSender(o, log)
	if err != nil {
		return nil, err
	}
	return &Scheduler{
		cron:    cron.New(cron.WithLocation(time.UTC), cron.WithParser(cron.NewParser(cronFields))),
		send:    func(id job.ID, life int64, busy *atomic.Bool) { sender.tick(ctx, id, life, busy) },
		entries: map[job.ID]*entry{},
		groups:  map[string]*group{},
		panicked: func(err error) {
			log.ErrorContext(ctx, "panic", "error", err, "stack", failure.Stack(err))
		},
	}, nil
}

// Every calls do(ctx) by a cron expression while the Scheduler runs. It skips a
// call that is due while the previous one is still running.
func (s *Scheduler) Every(ctx context.Context, expression string, do func(context.Context)) error {
	schedule, err := cron.NewParser(cronFields).Parse(expression)
	if err != nil {
		return fmt.Errorf("schedule %q: %w", expression, err)
	}
	skip := cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger))
	s.cron.Schedule(schedule, skip.Then(cron.FuncJob(func() {
		defer failure.Rescue(s.panicked)
		do(ctx)
	})))
	return nil
}

// Start starts ticking.
func (s *Scheduler) Start() { s.cron.Start() }

// Stop stops ticking and waits until the ticks under way are sent or ctx ends.
func (s *Scheduler) Stop(ctx context.Context) error {
	select {
	case <-s.cron.Stop().Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Schedule implements monitor.Scheduler.
func (s *Scheduler) Schedule(_ context.Context, spec job.Spec) error {
	expression, life := spec.Schedule().Cron, spec.Life()
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.entries[spec.ID]
	if ok && (old.life > life || old.life == life && old.cron == expression) {
		return nil // a later life has taken the id over, or it is scheduled already
	}
	joined, err := s.group(expression)
	if err != nil {
		return fmt.Errorf("schedule %s: %w", spec.ID, err)
	}
	next := &entry{job: spec.ID, life: life, cron: expression, busy: &atomic.Bool{}}
	if ok && old.life == life {
		next.busy = old.busy
	}
	if ok && old.cron != expression {
		s.remove(old)
	}
	joined.members[spec.ID] = next
	s.entries[spec.ID], s.ordered = next, nil
	return nil
}

// group returns the group of an expression. The caller holds the lock.
func (s *Scheduler) group(expression string) (*group, error) {
	if g, ok := s.groups[expression]; ok {
		return g, nil
	}
	g := &group{members: map[job.ID]*entry{}}
	var err error
	g.cron, err = s.cron.AddFunc(expression, func() {
		defer failure.Rescue(s.panicked)
		s.tick(g)
	})
	if err != nil {
		return nil, err
	}
	s.groups[expression] = g
	return g, nil
}

// tick sends a tick for each job of a group, and waits until they are sent.
func (s *Scheduler) tick(g *group) {
	s.mu.Lock()
	due := slices.Collect(maps.Values(g.members))
	s.mu.Unlock()
	var sent sync.WaitGroup
	for _, e := range due {
		sent.Go(func() {
			defer failure.Rescue(s.panicked)
			s.send(e.job, e.life, e.busy)
		})
	}
	sent.Wait()
}

// remove removes the schedule of a job, and its group if it was the last of it. The caller
// holds the lock.
func (s *Scheduler) remove(e *entry) {
	g := s.groups[e.cron]
	delete(g.members, e.job)
	if len(g.members) == 0 {
		s.cron.Remove(g.cron)
		delete(s.groups, e.cron)
	}
	delete(s.entries, e.job)
	s.ordered = nil
}

// Unschedule implements monitor.Scheduler.
func (s *Scheduler) Unschedule(_ context.Context, id job.ID, life int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.entries[id]; ok && old.life == life {
		s.remove(old)
	}
	return nil
}

// List implements monitor.Scheduler.
func (s *Scheduler) List(_ context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ordered == nil {
		s.ordered = slices.SortedFunc(maps.Keys(s.entries), byListOrder)
	}
	ids := s.ordered
	start, found := slices.BinarySearchFunc(ids, job.ID(after), byListOrder)
	if found {
		start++
	}
	var page []monitor.Scheduled
	for _, id := range ids[start:min(start+limit, len(ids))] {
		page = append(page, monitor.Scheduled{ID: id, Life: s.entries[id].life, Cron: s.entries[id].cron})
	}
	if start+limit >= len(ids) {
		return page, "", nil
	}
	return page, string(page[len(page)-1].ID), nil
}

// byListOrder compares ids by monitor.ListOrder.
func byListOrder(a, b job.ID) int { return cmp.Compare(monitor.ListOrder(a), monitor.ListOrder(b)) }

// Has reports whether a job is scheduled.
func (s *Scheduler) Has(id job.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.entries[id]
	return ok
}
