// Package localtick answers who ticks the jobs where there is no Knative: cron
// in the process, sending the CloudEvents that a PingSource would, over HTTP,
// with its jitter and its retries.
package localtick

import (
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

// attemptTimeout ends an attempt that gets no answer; the adapter has none, but
// here nobody else would end it.
const attemptTimeout = 30 * time.Second

// parsed are the fields of an expression, as PingSource takes them.
const parsed = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// Options are what a Scheduler is set to.
type Options struct {
	Sink   string                                    // URL that ticks are POSTed to
	Jitter time.Duration                             // each tick is delayed by a random part of it; 0 turns it off
	Wrap   func(http.RoundTripper) http.RoundTripper // goes round the sender's transport; nil: nothing
	Now    func() time.Time
}

// Scheduler is a monitor.Scheduler in the process. It forgets its schedules at
// the end: see monitor.Service.Resume.
type Scheduler struct {
	cron *cron.Cron
	send func(job.ID)

	mu      sync.Mutex
	entries map[job.ID]entry
}

type entry struct {
	id   cron.EntryID
	cron string
}

var _ monitor.Scheduler = (*Scheduler)(nil)

// New is a Scheduler whose ticks end with ctx.
func New(ctx context.Context, o Options, log *slog.Logger) (*Scheduler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	s := &Scheduler{
		cron:    cron.New(cron.WithLocation(time.UTC), cron.WithParser(cron.NewParser(parsed))),
		entries: map[job.ID]entry{},
	}
	s.send = func(id job.ID) {
		if !delay(ctx, o.Jitter) {
			return
		}
		event := Event(id, uuid.NewString(), o.Now())
		result := client.Send(cloudevents.ContextWithRetriesExponentialBackoff(ctx, backoff, retries), event)
		if !cloudevents.IsACK(result) && ctx.Err() == nil {
			log.WarnContext(ctx, "tick lost", "job", id, "tick", event.ID(), "error", result)
		}
	}
	return s, nil
}

// newClient sends on a fresh connection each, as the adapter does (and without
// the header "Connection: close" that DisableKeepAlives would add).
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

// Every does something by a cron expression, with ctx, while the Scheduler runs;
// not while it is being done yet.
func (s *Scheduler) Every(ctx context.Context, expression string, do func(context.Context)) error {
	once := cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger))
	parser := cron.NewParser(parsed)
	schedule, err := parser.Parse(expression)
	if err != nil {
		return fmt.Errorf("schedule %q: %w", expression, err)
	}
	s.cron.Schedule(schedule, once.Then(cron.FuncJob(func() { do(ctx) })))
	return nil
}

// Start begins ticking.
func (s *Scheduler) Start() { s.cron.Start() }

// Stop ends ticking and waits for the ticks under way, until ctx ends.
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
	expression := spec.Schedule().Cron
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.entries[spec.ID]
	if ok && old.cron == expression {
		return nil
	}
	id, err := s.cron.AddFunc(expression, func() { s.send(spec.ID) })
	if err != nil {
		return fmt.Errorf("schedule %s: %w", spec.ID, err)
	}
	if ok {
		s.cron.Remove(old.id)
	}
	s.entries[spec.ID] = entry{id: id, cron: expression}
	return nil
}

// Unschedule implements monitor.Scheduler.
func (s *Scheduler) Unschedule(_ context.Context, id job.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.entries[id]; ok {
		s.cron.Remove(old.id)
		delete(s.entries, id)
	}
	return nil
}

// List implements monitor.Scheduler.
func (s *Scheduler) List(_ context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := slices.Sorted(maps.Keys(s.entries))
	from, _ := slices.BinarySearch(ids, job.ID(after+"\x00"))
	if after == "" {
		from = 0
	}
	var page []monitor.Scheduled
	for _, id := range ids[from:min(from+limit, len(ids))] {
		page = append(page, monitor.Scheduled{ID: id, Cron: s.entries[id].cron})
	}
	if from+limit >= len(ids) {
		return page, "", nil
	}
	return page, string(page[len(page)-1].ID), nil
}

// Has tells whether a job is scheduled.
func (s *Scheduler) Has(id job.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.entries[id]
	return ok
}

// delay waits a random part of most; false if ctx ended first.
func delay(ctx context.Context, most time.Duration) bool {
	if most <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(rand.N(most)) //nolint:gosec // spreads load, hides nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
