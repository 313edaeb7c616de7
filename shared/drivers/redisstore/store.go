// Package redisstore keeps jobs in Redis, through go-redis's universal client
// (single, Sentinel or Cluster). Every operation on a job is one round trip.
package redisstore

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Remembered is the number of committed ticks that a job remembers to recognise
// duplicates: over a minute of ticks, even of one each second, while a sender
// retries for 3.1 s.
const Remembered = 64

//go:embed lua/create.lua
var createSource string

//go:embed lua/commit.lua
var commitSource string

//go:embed lua/field.lua
var fieldSource string

//go:embed lua/job.lua
var jobSource string

// Store is a monitor.Store on Redis.
type Store struct {
	client                     redis.UniversalClient
	create, commit, field, job *redis.Script
}

var _ monitor.Store = (*Store)(nil)

// New returns a Store on client. The owner of the client closes it.
func New(client redis.UniversalClient) *Store {
	return &Store{
		client: client,
		create: redis.NewScript(createSource),
		commit: redis.NewScript(commitSource),
		field:  redis.NewScript(fieldSource),
		job:    redis.NewScript(jobSource),
	}
}

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable("ping state store", s.client.Ping(ctx).Err())
}

// Create implements monitor.JobStore. It writes the index before the job, so that a
// crash between the two leaves an id too many in it and never one too few. It writes
// the index again after the job, in case somebody who saw the earlier life end has
// removed the id in between.
func (s *Store) Create(ctx context.Context, spec job.Spec, state job.State) (monitor.CreateResult, error) {
	specText, err := json.Marshal(spec)
	if err != nil {
		return 0, fmt.Errorf("encode spec: %w", err)
	}
	stateText, err := json.Marshal(state)
	if err != nil {
		return 0, fmt.Errorf("encode state: %w", err)
	}
	if err := s.index(ctx, string(spec.ID)); err != nil {
		return 0, err
	}
	code, err := s.create.Run(ctx, s.client, keys(spec.ID), spec.Fingerprint, specText, stateText).Int()
	if err != nil {
		return 0, unavailable("create job", err)
	}
	switch code {
	case 1:
		return monitor.CreatedNew, s.index(ctx, string(spec.ID))
	case 2:
		return monitor.CreatedSame, nil
	case 3:
		return monitor.CreatedOther, nil
	default:
		return 0, fmt.Errorf("create job: script returned %d", code)
	}
}

// Load implements monitor.TickStore.
func (s *Store) Load(ctx context.Context, id job.ID, tickID string) (monitor.Record, error) {
	pipe := s.client.Pipeline()
	fields := loadFields(ctx, pipe, id)
	job := pipe.HGet(ctx, jobKey(id), "status")
	var tick *redis.StringCmd
	if tickID != "" {
		tick = pipe.HGet(ctx, ticksKey(id), tickID)
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return monitor.Record{}, unavailable("load job", err)
	}
	record, err := decode(fields)
	if err != nil {
		return record, err
	}
	if record.Kube, err = decodeKubeStatus(job); err != nil || tick == nil {
		return record, err
	}
	record.Tick, err = decodeTick(tick)
	return record, err
}

// Commit implements monitor.TickStore. It removes an ended job without undelivered
// events from the index; if that fails, List does it.
func (s *Store) Commit(ctx context.Context, c monitor.Change) (monitor.CommitResult, error) {
	state, err := json.Marshal(c.State)
	if err != nil {
		return 0, fmt.Errorf("encode state: %w", err)
	}
	appended := ""
	if c.Step.Keep && c.Settled != nil {
		appended = c.Settled.String()
	}
	code, err := s.commit.Run(ctx, s.client, keys(c.ID),
		c.Revision, state, flag(c.State.Phase.Living()),
		c.TickID, sampleText(c.Sample), Remembered,
		flag(c.Step.Halve), appended, c.Retention.Milliseconds(),
	).Int()
	if err != nil {
		return 0, unavailable("commit state", err)
	}
	switch code {
	case 1:
		if !c.State.Listed() {
			_ = s.unindex(ctx, string(c.ID)) // otherwise List does it
		}
		return monitor.CommitDone, nil
	case 2:
		return monitor.CommitDuplicate, nil
	case 3:
		return monitor.CommitConflict, nil
	case 4:
		return monitor.CommitGone, nil
	default:
		return 0, fmt.Errorf("commit state: script returned %d", code)
	}
}

// MarkScheduled implements monitor.MarkStore.
func (s *Store) MarkScheduled(ctx context.Context, id job.ID, scheduled bool) error {
	return s.change(ctx, id, fieldScheduled, "set", flag(scheduled))
}

// MarkPublishers implements monitor.MarkStore.
func (s *Store) MarkPublishers(ctx context.Context, id job.ID, states map[string]monitor.PublisherState) error {
	text, err := json.Marshal(states)
	if err != nil {
		return fmt.Errorf("encode publishers' state: %w", err)
	}
	return s.change(ctx, id, fieldPublishers, "set", string(text))
}

// CountDuplicate implements monitor.TickStore.
func (s *Store) CountDuplicate(ctx context.Context, id job.ID) error {
	return s.change(ctx, id, fieldDuplicate, "add", "1")
}

// CountSurplus implements monitor.TickStore.
func (s *Store) CountSurplus(ctx context.Context, id job.ID) error {
	return s.change(ctx, id, fieldSurplus, "add", "1")
}

func (s *Store) change(ctx context.Context, id job.ID, field, how, value string) error {
	err := s.field.Run(ctx, s.client, []string{stateKey(id)}, field, how, value).Err()
	return unavailable("change field "+field, err)
}

// jobRetention is how long the status of a Kubernetes Job is kept after its last
// change.
const jobRetention = 7 * 24 * time.Hour

// SaveKubeStatus implements monitor.MarkStore.
func (s *Store) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	text, err := json.Marshal(status)
	if err != nil {
		return fmt.Errorf("encode job status: %w", err)
	}
	err = s.job.Run(ctx, s.client, []string{jobKey(id)}, text, version, jobRetention.Milliseconds()).Err()
	return unavailable("save job status", err)
}

// keys returns the keys that the scripts create and commit take.
func keys(id job.ID) []string {
	return []string{stateKey(id), ticksKey(id), orderKey(id), historyKey(id)}
}

// unavailable classifies an error of Redis as transient; nil stays nil.
func unavailable(operation string, err error) error {
	if err == nil {
		return nil
	}
	return failure.Unavailable("the state store does not answer", fmt.Errorf("%s: %w", operation, err))
}

// flag returns "1" for true and "0" for false.
func flag(on bool) string { return strconv.Itoa(map[bool]int{true: 1}[on]) }

func sampleText(s *sample.Sample) string {
	if s == nil {
		return ""
	}
	return s.String()
}
