package monitor

import (
	"context"
	"log/slog"
	"time"
)

// Config is what a Service is set to. All fields are required but Now.
type Config struct {
	Retries       int           // failures in a row that end a job
	Retention     time.Duration // how long an ended job's state is kept
	MinPeriod     time.Duration
	DefaultPeriod time.Duration
	Spacing       float64 // share of its period within which a further tick is surplus
	Plugins       []string
	// DefaultQueue is where a job's Redis is if the request does not say.
	DefaultQueue func(JobID) Address
	// ScheduleFor is how long start tries to create the schedule.
	ScheduleFor time.Duration
	// JobEvents says that the Job's status is what SaveJob kept, not asked for.
	JobEvents bool
	// StaleAfter is how long no tick may come before the sweep ends a job.
	StaleAfter time.Duration
	// MaxAge is how long a job may be monitored.
	MaxAge time.Duration
	// Events says that somebody takes events: what happens to a job is kept
	// until it is acknowledged. SampleEvents makes each sample one.
	Events, SampleEvents bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Ports are what a Service works with.
type Ports struct {
	Store       Store
	Queue       Queue
	Jobs        Jobs // nil: the queue tells when a job is done
	Publisher   Publisher
	Broadcaster Broadcaster // nil: there are no further places
	Scheduler   Scheduler
}

// Service is the use cases.
type Service struct {
	cfg         Config
	store       Store
	queue       Queue
	jobs        Jobs
	publisher   Publisher
	broadcaster Broadcaster
	scheduler   Scheduler
	log         *slog.Logger
	now         func() time.Time
}

// NewService wires a Service. A nil dependency that is not optional is a
// programmer's mistake and panics.
func NewService(cfg Config, p Ports, log *slog.Logger) *Service {
	if p.Store == nil || p.Queue == nil || p.Publisher == nil || p.Scheduler == nil || log == nil || cfg.DefaultQueue == nil {
		panic("monitor.NewService: nil dependency")
	}
	s := &Service{
		cfg: cfg, store: p.Store, queue: p.Queue, jobs: p.Jobs,
		publisher: p.Publisher, broadcaster: p.Broadcaster, scheduler: p.Scheduler, log: log, now: cfg.Now,
	}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the one place where the domain takes the real clock
	}
	return s
}

// Ready tells whether the store answers.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }

// maxConflicts bounds how often a change is tried anew because another one
// came first; past it the caller is asked to try again.
const maxConflicts = 32

// update changes a job's state by change, which may be called more than once
// and says with false that there is nothing to do. It returns the record that
// change saw last, and the state that is there now.
func (s *Service) update(ctx context.Context, id JobID, change func(Record) (State, bool)) (Record, State, error) {
	for range maxConflicts {
		record, err := s.store.Load(ctx, id, "")
		if err != nil {
			return Record{}, State{}, err
		}
		state, ok := change(record)
		if !ok {
			return record, record.State, nil
		}
		result, err := s.store.Commit(ctx, Commit{
			ID: id, Revision: record.Revision, State: state, Retention: s.cfg.Retention,
		})
		switch {
		case err != nil:
			return Record{}, State{}, err
		case result == CommittedNow:
			return record, state, nil
		case result == CommitGone:
			return Record{}, State{}, ErrUnknownJob
		}
	}
	return Record{}, State{}, Unavailable("the job's state changes too fast", nil)
}

// unschedule ends a job's ticks. It outlives the caller's request; where it
// fails the next tick of the job tries again.
func (s *Service) unschedule(ctx context.Context, id JobID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := s.scheduler.Unschedule(ctx, id); err != nil {
		s.log.WarnContext(ctx, "schedule not removed", "job", id, "error", err)
	}
}

// callTimeout bounds one call of a driver.
const callTimeout = 5 * time.Second
