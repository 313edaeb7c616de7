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
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"
	"github.com/robfig/cron/v3"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Retries of a tick, as PingSource's adapter makes them: five, after 100, 200,
// 400, 800 and 1600 ms, on 404, 413, 425, 429, 502, 503, 504 and transport
// errors.
const (
	retries = 5
	backoff = 50 * time.Millisecond
)

// attemptTimeout ends an attempt that gets no answer. PingSource's adapter has no
// such timeout, but here nothing else would end the attempt.
const attemptTimeout = 30 * time.Second

// cronFields are the fields of an expression that PingSource accepts.
const cronFields = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// Options holds the settings of a Scheduler.
type Options struct {
	Sink   string                                    // URL that ticks are POSTed to
	Jitter time.Duration                             // maximum random delay of a tick; 0: none
	Wrap   func(http.RoundTripper) http.RoundTripper // wraps the sender's transport; nil: no wrapper
	Now    func() time.Time                          // nil: time.Now
}

// Scheduler is a monitor.Scheduler in the process. Its schedules end with the
// process; monitor.Service.Resume schedules the living jobs again.
type Scheduler struct {
	cron     *cron.Cron
	send     func(id job.ID, life int64)
	panicked func(error) // logs the panic of a tick or a call

	mu      sync.Mutex
	entries map[job.ID]entry
}

type entry struct {
	id   cron.EntryID
	life int64
	cron string // expression
}

var _ monitor.Scheduler = (*Scheduler)(nil)

// New returns a Scheduler that sends ticks until ctx ends. Call Start to begin.
func New(ctx context.Context, o Options, log *slog.Logger) (*Scheduler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	s := &Scheduler{
		cron:    cron.New(cron.WithLocation(time.UTC), cron.WithParser(cron.NewParser(cronFields))),
		entries: map[job.ID]entry{},
	}
	s.panicked = func(err error) {
		log.ErrorContext(ctx, "panic", "error", err, "stack", failure.Stack(err))
	}
	s.send = func(id job.ID, life int64) {
		if !waitJitter(ctx, o.Jitter) {
			return
		}
		event := Event(id, life, uuid.NewString(), o.Now())
		result := client.Send(cloudevents.ContextWithRetriesExponentialBackoff(ctx, backoff, retries), event)
		if !cloudevents.IsACK(result) && ctx.Err() == nil {
			log.WarnContext(ctx, "tick lost", "job", id, "tick", event.ID(), "error", result)
		}
	}
	return s, nil
}

// newClient returns a client that sends each event on a new connection, as
// PingSource's adapter does. DisableKeepAlives would do that too, but would add
// the header "Connection: close".
func newClient(o Options) (cloudevents.Client, error) {
	var transport http.RoundTripper = &http.Transport{MaxIdleConnsPerHost: -1}
	if o.Wrap != nil {
		transport = o.Wrap(transport)
	}
	protocol, err := cloudevents.NewHTTP(
		cloudevents.WithTarget(o.Sink),
		cloudevents.WithHeader("Kn-Namespace", Namespace),
		cehttp.WithClient(http.Client{
			Timeout:   attemptTimeout,
			Transport: transport,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("sender of ticks to %s: %w", o.Sink, err)
	}
	client, err := cloudevents.NewClient(protocol)
	if err != nil {
		return nil, fmt.Errorf("sender of ticks to %s: %w", o.Sink, err)
	}
	return client, nil
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
	id, err := s.cron.AddFunc(expression, func() {
		defer failure.Rescue(s.panicked)
		s.send(spec.ID, life)
	})
	if err != nil {
		return fmt.Errorf("schedule %s: %w", spec.ID, err)
	}
	if ok {
		s.cron.Remove(old.id)
	}
	s.entries[spec.ID] = entry{id: id, life: life, cron: expression}
	return nil
}

// Unschedule implements monitor.Scheduler.
func (s *Scheduler) Unschedule(_ context.Context, id job.ID, life int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.entries[id]; ok && old.life == life {
		s.cron.Remove(old.id)
		delete(s.entries, id)
	}
	return nil
}

// List implements monitor.Scheduler.
func (s *Scheduler) List(_ context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := slices.SortedFunc(maps.Keys(s.entries), byListOrder)
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

// waitJitter waits for a random time below jitter. It returns false if ctx ended
// first.
func waitJitter(ctx context.Context, jitter time.Duration) bool {
	if jitter <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(rand.N(jitter)) //nolint:gosec // it spreads load and protects nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
