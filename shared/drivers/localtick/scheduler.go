// Package localtick schedules ticks without Knative: it runs cron in the process and
// sends the CloudEvents of a PingSource over HTTP, with the same jitter and retries.
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

// attemptTimeout bounds an attempt without an answer. The adapter has no such limit,
// but here nothing else would end the attempt.
const attemptTimeout = 30 * time.Second

// parsed selects the fields of a cron expression, as PingSource does.
const parsed = cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// Options hold the settings of a Scheduler.
type Options struct {
	Sink   string                                    // URL that ticks are POSTed to
	Jitter time.Duration                             // each tick is delayed by a random part of it; 0 turns it off
	Wrap   func(http.RoundTripper) http.RoundTripper // wraps the sender's transport; may be nil
	Now    func() time.Time
}

// Scheduler is a monitor.Scheduler in the process. Its schedules are lost on exit;
// see monitor.Service.Resume.
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

// New returns a Scheduler whose ticks end with ctx.
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

// newClient returns a client that opens a new connection for each request, as the
// adapter does, without the header "Connection: close" that DisableKeepAlives adds.
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

// Every calls do with ctx on a cron schedule while the Scheduler runs. It skips a
// call while the one before is still running.
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

// Start starts the ticks.
func (s *Scheduler) Start() { s.cron.Start() }

// Stop ends the ticks, and waits for those in flight until ctx ends.
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

// Has reports whether a job is scheduled.
func (s *Scheduler) Has(id job.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.entries[id]
	return ok
}

// delay waits for a random part of most; it returns false if ctx ended first.
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
