package monitor

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Config holds the settings of a Service. All fields are required but Now and
// those of which the comment says what the zero value means.
type Config struct {
	Retries       int           // consecutive failures that end a job, if they last FailAfter
	FailAfter     time.Duration // how long failures must last to end a job; 0: their number decides
	Retention     time.Duration // how long the state of an ended job is kept
	MinPeriod     time.Duration
	DefaultPeriod time.Duration
	Spacing       float64 // share of the period within which another tick is surplus
	// DefaultQueue returns the address of a job's Redis for a request that names
	// none.
	DefaultQueue func(job.ID) job.Address
	// ScheduleFor is how long Start tries to create the schedule.
	ScheduleFor time.Duration
	// StoredKubeStatus makes ticks use the status that SaveKubeStatus stored
	// instead of asking Kubernetes.
	StoredKubeStatus bool
	// StaleAfter is how long no tick may arrive before the sweep ends a job; 0
	// means no limit.
	StaleAfter time.Duration
	// MaxAge is how long a job may be monitored; 0 means no limit.
	MaxAge time.Duration
	// MaxJobs and MaxJobsPerCaller bound the living jobs, in all and of one caller; 0
	// means no limit.
	MaxJobs, MaxJobsPerCaller int
	// Chance returns a number in [0, 1) by which a sweep selects healthy jobs; nil
	// is rand.Float64.
	Chance func() float64
	// Events selects which changes of a job become events. Each event is kept
	// until a publisher acknowledges it.
	Events job.EventPolicy
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Ports are the drivers of a Service.
type Ports struct {
	Store       Store
	Queue       Queue
	KubeJobs    KubeJobs // nil: the queue decides when a job is done
	SampleList  SampleList
	Broadcaster Broadcaster // nil: there are no publishers
	Scheduler   Scheduler
	// Actuators scale jobs, by the name that a request gives them. A name that is
	// missing is refused.
	Actuators map[string]Actuator
	Fleets    Fleets // nil unless there is job.ActuatorKubernetes
}

// Service implements the use cases.
type Service struct {
	cfg         Config
	jobs        JobStore
	ticks       TickStore
	marks       MarkStore
	queues      QueueStore
	places      PlaceStore
	boards      BoardStore
	board       *board
	queue       Queue
	kubeJobs    KubeJobs
	sampleList  SampleList
	broadcaster Broadcaster
	scheduler   Scheduler
	actuators   map[string]Actuator
	fleets      Fleets
	removals    *rate.Limiter // of schedules, for ticks that nobody should have sent
	log         *slog.Logger
	now         func() time.Time
	scaling     *scaling
	turns       *turns
	crew        crew // of calls that change schedules for a caller who waits
}

// Ticks of jobs that have ended make at most this many calls a second of the
// scheduler, after a first burst: anybody can send such ticks. The next tick or the
// sweep removes what is left.
const (
	removalsEachSecond = 20
	removalsAtOnce     = 100
)

// NewService returns a Service. It panics if a required dependency is nil.
func NewService(cfg Config, p Ports, log *slog.Logger) *Service {
	if p.Store == nil || p.Queue == nil || p.SampleList == nil || p.Scheduler == nil || log == nil || cfg.DefaultQueue == nil {
		panic("monitor.NewService: nil dependency")
	}
	s := &Service{
		cfg: cfg, jobs: p.Store, ticks: p.Store, marks: p.Store, queues: p.Store, places: p.Store, boards: p.Store, board: newBoard(), queue: p.Queue, kubeJobs: p.KubeJobs,
		sampleList: p.SampleList, broadcaster: p.Broadcaster, scheduler: p.Scheduler, actuators: p.Actuators, fleets: p.Fleets, log: log, now: cfg.Now,
		removals: rate.NewLimiter(removalsEachSecond, removalsAtOnce), turns: newTurns(), crew: newCrew(), scaling: newScaling(),
	}
	if s.cfg.Chance == nil {
		s.cfg.Chance = rand.Float64
	}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the one place where the use cases take the real clock
	}
	return s
}

// Ready reports whether the store answers.
func (s *Service) Ready(ctx context.Context) error { return s.jobs.Ping(ctx) }

// maxConflicts bounds how often a change is retried because another one came
// first. After that the caller has to try again.
const maxConflicts = 32

// errContention is returned when maxConflicts is reached.
var errContention = failure.Unavailable("the job's state changes too fast", nil)

// update changes a job's state. change may be called more than once; it returns
// false if there is nothing to do. update returns the record that change saw
// last, and the state that the job has now.
func (s *Service) update(
	ctx context.Context, id job.ID, change func(Record) (job.State, bool),
) (Record, job.State, error) {
	for range maxConflicts {
		record, err := s.ticks.Load(ctx, id, "")
		if err != nil {
			return Record{}, job.State{}, err
		}
		state, ok := change(*record)
		if !ok {
			return *record, record.State, nil
		}
		result, err := s.ticks.Commit(ctx, &Change{
			ID: id, Revision: record.Revision, State: state, Retention: s.cfg.Retention,
			Journal: job.Journal(record.Spec, record.State, state, nil, s.now()),
		})
		switch {
		case err != nil:
			return Record{}, job.State{}, err
		case result == CommitDone:
			return *record, state, nil
		case result == CommitGone:
			return Record{}, job.State{}, ErrUnknownJob
		}
	}
	return Record{}, job.State{}, errContention
}

// end ends a job in the given phase, unless skip is true for its current record.
// It returns what update returns.
func (s *Service) end(
	ctx context.Context, id job.ID, phase job.Phase, reason string, skip func(Record) bool,
) (Record, job.State, error) {
	return s.update(ctx, id, func(r Record) (job.State, bool) {
		now := s.now()
		ended, _ := s.cfg.Events.Append(r.Spec, r.State, r.State.Ended(phase, reason, now), nil, nil, now)
		return ended, !skip(r)
	})
}

// unschedule removes the schedule of one life of a job. It outlives the caller's
// request. If it fails, the next tick of that life tries again. It reports whether
// the schedule is removed.
func (s *Service) unschedule(ctx context.Context, id job.ID, life int64) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := s.scheduler.Unschedule(ctx, id, life); err != nil {
		s.log.WarnContext(ctx, "removing the schedule failed", "job", id, "error", err)
		return false
	}
	return true
}

// callTimeout bounds one call of a driver.
const callTimeout = 5 * time.Second
