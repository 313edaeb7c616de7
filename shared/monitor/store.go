package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// Store keeps jobs. Its errors are of kind unavailable unless stated otherwise.
// One driver implements all of it; each use case needs only a part.
type Store interface {
	JobStore
	TickStore
	MarkStore
	QueueStore
	PlaceStore
	BoardStore
}

// JobStore creates, lists and replays jobs.
type JobStore interface {
	// Create stores a new job, or replaces an earlier life that ended.
	Create(ctx context.Context, spec job.Spec, state job.State) (CreateResult, error)
	// Replay returns a job with its samples, read atomically; ErrUnknownJob if
	// there is no such job.
	Replay(ctx context.Context, id job.ID) (Replay, error)
	// List returns a page of the jobs that are living or have undelivered
	// events, in the order of ListOrder, at most limit of them. after is the
	// cursor of the page before, "" for the first page.
	List(ctx context.Context, after job.ID, limit int) (Page, error)
	// Index makes List return a job that its index has lost.
	Index(ctx context.Context, id job.ID) error
	// Recover makes List return jobs that its index has lost, and returns how many. One
	// call looks at a part of the store of bounded size; the next one goes on behind it.
	Recover(ctx context.Context) (int, error)
	// Discard removes everything stored of a job whose record cannot be read.
	Discard(ctx context.Context, id job.ID) error
	// FingerprintKey returns the key of the fingerprints of requests: random bytes, made
	// when there are none.
	FingerprintKey(ctx context.Context) ([]byte, error)
	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
}

// TickStore loads and changes the state of one job.
type TickStore interface {
	// Load returns a job, and the record of the tick tickID if that was
	// committed ("" asks for none). The error is ErrUnknownJob if there is no
	// such job, and wraps ErrUnreadable if its record cannot be decoded.
	Load(ctx context.Context, id job.ID, tickID string) (*Record, error)
	// Commit replaces a job's state if nobody changed it since it was loaded. Nobody may
	// change c any longer: it may be read after an error.
	Commit(ctx context.Context, c *Change) (CommitResult, error)
	// CountDuplicate and CountSurplus count a tick of a life that is not
	// committed.
	CountDuplicate(ctx context.Context, id job.ID, life int64) error
	CountSurplus(ctx context.Context, id job.ID, life int64) error
}

// MarkStore keeps facts about a life of a job that are not part of its state. A
// mark of a life that is not the current one changes nothing.
type MarkStore interface {
	// MarkScheduled stores whether the job's schedule was created.
	MarkScheduled(ctx context.Context, id job.ID, life int64, scheduled bool) error
	// MarkPublishers stores the state of the job's publishers.
	MarkPublishers(ctx context.Context, id job.ID, life int64, states map[string]PublisherState) error
	// Suspect stores that a sweep suspects something of a life since now, unless
	// it already does since a time after since. It returns the time that is
	// stored. The job need not exist.
	Suspect(ctx context.Context, id job.ID, life int64, now, since time.Time) (time.Time, error)
	// SaveKubeStatus stores the status of the Kubernetes Job, whether the job is
	// monitored or not, unless the stored one is newer: of the same Job one with a
	// higher version, else one of a Job that was created later. It marks the job as
	// doubted if the order of the two says that one of them is late or wrong. An
	// earlier status is stored all the same if it is the end of the same Job, or if
	// both are no end and the stored one is older than KubeStatusTrust.
	SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error
	// ReplaceKubeStatus stores what Kubernetes answered when it was asked, in place of
	// a stored status of any version that was not stored since, and ends the doubt.
	ReplaceKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus) error
}

// KubeStatusTrust is how long a reported status of a Kubernetes Job is kept although
// another one that is not the end of the Job, and is called an earlier one, contradicts
// it. That is longer than ApiServerSource repeats a delivery.
const KubeStatusTrust = time.Minute

// MaxQueueUsers bounds how many jobs UseQueue returns.
const MaxQueueUsers = 100

// QueueStore keeps which living jobs use which lists. It is for a warning only: it
// may lose what it keeps.
type QueueStore interface {
	// UseQueue stores, for keep or without limit if keep is 0, that a life of a job
	// uses the lists of its queue. It returns the other living jobs that use one of
	// them in the same database of the same Redis, at most MaxQueueUsers, the
	// earliest life first.
	UseQueue(ctx context.Context, spec job.Spec, keep time.Duration) ([]job.ID, error)
	// LeaveQueue removes what UseQueue stored for a life of a job.
	LeaveQueue(ctx context.Context, spec job.Spec) error
}

// PlaceStore counts living jobs. A life of a job has a place from before it is stored
// until it ends. What a process that died left behind, and what was lost, the sweep
// corrects with HoldPlaces and FreePlaces.
type PlaceStore interface {
	// TakePlace takes a place for a life of a job at a time, unless there are most in
	// all or perCaller of its caller; 0 means no limit. Parallel calls take no more.
	TakePlace(ctx context.Context, spec job.Spec, most, perCaller int, now time.Time) (PlaceResult, error)
	// LeavePlace frees the place of a life of a job.
	LeavePlace(ctx context.Context, spec job.Spec) error
	// HoldPlaces takes places for living jobs, or keeps them, whatever the limits are.
	HoldPlaces(ctx context.Context, specs []job.Spec, now time.Time) error
	// FreePlaces frees the places that were neither taken nor held since a time, and
	// returns their number.
	FreePlaces(ctx context.Context, since time.Time) (int, error)
}

// BoardStore reads what an overview of all jobs and the status of one show.
type BoardStore interface {
	// Records returns the records of jobs, living or ended, and those that cannot be
	// read. Ids of which nothing is stored are left out.
	Records(ctx context.Context, ids []job.ID) (Page, error)
	// Ended returns at most limit jobs that ended after a time, the last one first. A job
	// may be living again, or gone. The list is for readers: it may lack a job.
	Ended(ctx context.Context, since time.Time, limit int) ([]EndedJob, error)
	// Journal returns the journal of a job's life, oldest first.
	Journal(ctx context.Context, id job.ID) ([]job.Entry, error)
}

// EndedJob is a job that ended.
type EndedJob struct {
	ID job.ID
	At int64 // Unix milliseconds
}

// PlaceResult is the result of PlaceStore.TakePlace.
type PlaceResult int

const (
	// PlaceTaken means that the life has a place.
	PlaceTaken PlaceResult = iota + 1
	// PlaceAllTaken means that there are as many living jobs as there may be.
	PlaceAllTaken
	// PlaceCallerTaken means that the caller has as many living jobs as it may have.
	PlaceCallerTaken
)

// Page is a page of jobs.
type Page struct {
	Records    []Record
	Unreadable []Unreadable
	Next       job.ID // cursor of the next page; "" at the end
}

// Unreadable is a job whose record cannot be decoded.
type Unreadable struct {
	ID  job.ID
	Err error
}

// Record is everything that the store knows about a job.
type Record struct {
	Spec      job.Spec
	State     job.State
	Revision  int64 // of State: a Change names the one that it started from
	Scheduled bool  // the job's schedule was created
	Duplicate int64 // deliveries of a tick that was already committed
	Surplus   int64 // ticks too close to another one
	Tick      *TickRecord
	Kube      *job.KubeStatus // as it was saved; nil if it never was
	Doubted   bool            // events contradicted each other about Kube since Kubernetes was asked
	// Publishers holds the state of each publisher that has failed for this job,
	// by name.
	Publishers map[string]PublisherState
}

// TickRecord is what the store remembers of a committed tick.
type TickRecord struct {
	Sample *sample.Sample // nil: the tick could not observe the job
}

// Replay is a job with the samples that the store has of it.
type Replay struct {
	Record  Record          // as Load returns it, without Tick and Kube
	History []sample.Sample // oldest first
	Recent  []sample.Sample // of the ticks that the store remembers, in no order
}

// CreateResult is the result of JobStore.Create.
type CreateResult int

const (
	// CreatedNew means that the job was stored.
	CreatedNew CreateResult = iota + 1
	// CreatedSame means that the job is living and was created by the same
	// request: nothing changed.
	CreatedSame
	// CreatedOther means that the job is living and was created by a different
	// request: nothing changed.
	CreatedOther
	// CreatedBefore means that this life, or a later one, has already ended: the
	// call comes late, or was repeated. Nothing changed.
	CreatedBefore
)

// Change is one change of a job's state.
type Change struct {
	ID       job.ID
	Revision int64 // the one that was loaded
	State    job.State
	TickID   string         // "" for a change that no tick made
	Sample   *sample.Sample // of the tick
	Settled  *sample.Sample // appended to the history if Step says so
	Step     history.Step
	Journal  []job.Entry // appended to the journal, which keeps the last job.MaxJournal
	// Retention is how long the state of an ended job is kept; that of a living
	// job is kept without limit.
	Retention time.Duration
}

// CommitResult is the result of TickStore.Commit.
type CommitResult int

const (
	// CommitDone means that the state was replaced.
	CommitDone CommitResult = iota + 1
	// CommitDuplicate means that the tick was already committed.
	CommitDuplicate
	// CommitConflict means that the state changed since it was loaded.
	CommitConflict
	// CommitGone means that the job no longer exists.
	CommitGone
)
