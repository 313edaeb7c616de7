package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisbatch"
	"kubejobs/shared/monitor"
)

// Remembered is the number of committed ticks by which a job recognises
// duplicates. Even at one tick a second that is over a minute, and a sender
// retries for 3.1 s.
const Remembered = 64

// Load implements monitor.TickStore.
func (s *Store) Load(ctx context.Context, id job.ID, tickID string) (*monitor.Record, error) {
	known := s.cache.of(id)
	fields := readFields(ctx, known.stateKey())
	commands := append(make([]redis.Cmder, 0, 3), fields)
	var tick *redis.SliceCmd
	if tickID != "" {
		// Not HGET, which answers most ticks with an error, that the tick is not there.
		tick = redis.NewSliceCmd(ctx, "hmget", known.ticksKey(), tickID)
		commands = append(commands, tick)
	}
	var kubeStatus *redis.StringCmd
	if !s.noKubeStatus {
		kubeStatus = redis.NewStringCmd(ctx, "hget", known.kubeStatus, fieldStatus)
		commands = append(commands, kubeStatus)
	}
	if err := s.batch.Do(ctx, commands...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, unavailable("load job", err)
	}
	record, err := decodeRecordBy(id, fields, func(text string) (job.Spec, error) { return s.cache.read(known, text) })
	if err != nil {
		return nil, err
	}
	if kubeStatus != nil {
		if record.Kube, err = decodeKubeStatus(kubeStatus); err != nil {
			return nil, err
		}
	}
	if tick == nil {
		return record, nil
	}
	if record.Tick, err = decodeTick(tick); err != nil {
		return nil, err
	}
	return record, nil
}

// Commit implements monitor.TickStore. Afterwards it removes a job that need not
// be listed any longer from the index; if that fails, List does it later. It adds
// an ended job with undelivered events again: if the index had lost it, nothing
// else would.
func (s *Store) Commit(ctx context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	state, form, err := writeState(&c.State)
	if err != nil {
		return 0, fmt.Errorf("encode state: %w", err)
	}
	var appended *sample.Sample
	if c.Step.Keep {
		appended = c.Settled
	}
	args := []any{
		c.Revision, state, digit(c.State.Phase.Living()),
		c.TickID, encodeSample(c.Sample),
		digit(c.Step.Halve), encodeSample(appended), c.Retention.Milliseconds(),
	}
	if args, err = appendJournal(args, c.Journal); err != nil {
		return 0, err
	}
	code, err := s.commit.Run(ctx, s.batch, s.cache.of(c.ID).keys, args...)
	if !errors.Is(err, redisbatch.ErrAbandoned) { // else it may yet be sent
		form.release()
	}
	if err != nil {
		return 0, unavailable("commit state", err)
	}
	switch code {
	case int64(1):
		if !c.State.Phase.Living() {
			_ = s.indexEnded(ctx, c) // without it no overview shows the job
		}
		switch {
		case !c.State.Listed():
			_ = s.removeFromIndex(ctx, c.ID) // else List does it
		case !c.State.Phase.Living():
			_ = s.Index(ctx, c.ID) // else a sweep does it (Recover)
		}
		return monitor.CommitDone, nil
	case int64(2):
		return monitor.CommitDuplicate, nil
	case int64(3):
		return monitor.CommitConflict, nil
	case int64(4):
		return monitor.CommitGone, nil
	default:
		return 0, fmt.Errorf("commit state: script returned %.40v", code)
	}
}

// CountDuplicate implements monitor.TickStore.
func (s *Store) CountDuplicate(ctx context.Context, id job.ID, life int64) error {
	return s.changeField(ctx, id, life, fieldDuplicate, "add", "1")
}

// CountSurplus implements monitor.TickStore.
func (s *Store) CountSurplus(ctx context.Context, id job.ID, life int64) error {
	return s.changeField(ctx, id, life, fieldSurplus, "add", "1")
}

// encodeSample returns "" for no sample.
func encodeSample(s *sample.Sample) string {
	if s == nil {
		return ""
	}
	return s.String()
}
