package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/sample"
)

// Store keeps jobs. Its errors are of kind unavailable unless stated
// otherwise.
type Store interface {
	// Create stores a job that is new, or takes the place of one that ended.
	Create(ctx context.Context, spec Spec, state State) (Created, error)
	// Load gives a job, with the record of the tick tickID where that was
	// committed ("" asks for none); ErrUnknownJob if there is no such job.
	Load(ctx context.Context, id JobID, tickID string) (Record, error)
	// Commit replaces a job's state if it is still the one loaded.
	Commit(ctx context.Context, c Commit) (Committed, error)
	// MarkScheduled notes whether the job's schedule was created.
	MarkScheduled(ctx context.Context, id JobID, scheduled bool) error
	// MarkPublishers notes how a job's further publishers do.
	MarkPublishers(ctx context.Context, id JobID, states map[string]PublisherState) error
	// CountDuplicate and CountSurplus count a tick that is not committed.
	CountDuplicate(ctx context.Context, id JobID) error
	CountSurplus(ctx context.Context, id JobID) error
	// Replay gives a job with its samples, all of one moment; ErrUnknownJob if
	// there is no such job.
	Replay(ctx context.Context, id JobID) (Replay, error)
	// List gives up to limit jobs that live, or have ended and owe events, in
	// the order of their ids, from the first one after after ("" starts), and
	// the id to go on from, "" at the end.
	List(ctx context.Context, after JobID, limit int) ([]Record, JobID, error)
	// SaveJob keeps what Kubernetes said of a Job, whether it is monitored or
	// not, unless it is older (by version) than what is kept.
	SaveJob(ctx context.Context, id JobID, status JobStatus, version uint64) error
	// Ping tells whether the store answers.
	Ping(ctx context.Context) error
}

// Replay is a job with the samples that the store has of it.
type Replay struct {
	Record Record          // as Load gives it, without the tick and the Job
	Kept   []sample.Sample // the history, oldest first
	Recent []sample.Sample // of each tick that is remembered, in no order
}

// Created is what became of Create.
type Created int

const (
	// CreatedNew is a job that was stored.
	CreatedNew Created = iota + 1
	// CreatedSame is a living job with the same request: nothing changed.
	CreatedSame
	// CreatedOther is a living job with another request: nothing changed.
	CreatedOther
)

// Commit is one change of a job's state.
type Commit struct {
	ID       JobID
	Revision int64 // the one loaded
	State    State
	TickID   string         // "" for a change that no tick made
	Sample   *sample.Sample // of the tick
	Settled  *sample.Sample // for the history, if Step says so
	Step     history.Step
	// Retention is how long an ended job's state is kept; a living job's is
	// kept without limit.
	Retention time.Duration
}

// Committed is what became of Commit.
type Committed int

const (
	// CommittedNow is a change that was made.
	CommittedNow Committed = iota + 1
	// CommittedBefore is a tick that had been committed before.
	CommittedBefore
	// CommitConflict is a state that changed since it was loaded.
	CommitConflict
	// CommitGone is a job that does not exist any more.
	CommitGone
)

// Queue reads a job's work queue.
type Queue interface {
	Count(ctx context.Context, at Address) (QueueCount, error)
}

// Jobs reads the status of the Kubernetes Job. The error of one that does not
// exist is of kind not found.
type Jobs interface {
	Status(ctx context.Context, id JobID) (JobStatus, error)
}

// Publisher sends a sample to the job's own list, of which the Controller pops
// it. Publishing is idempotent by the tick's id.
type Publisher interface {
	Publish(ctx context.Context, spec Spec, tickID string, s sample.Sample) error
}

// Scheduler ticks jobs. Schedule and Unschedule are idempotent; a schedule that
// is there is left as it is.
type Scheduler interface {
	Schedule(ctx context.Context, spec Spec) error
	Unschedule(ctx context.Context, id JobID) error
	// List gives up to limit schedules in the order of their jobs' ids. after is
	// "" or what the call before gave to go on from, "" at the end.
	List(ctx context.Context, after string, limit int) ([]Scheduled, string, error)
}

// Scheduled is a schedule that is there.
type Scheduled struct {
	ID   JobID
	Cron string // "" for one that is not a schedule of ours, whatever its name
}
