package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// List implements monitor.Store: one page of the index, then the page's jobs in
// one pipeline. Jobs that have ended and owe nothing are dropped from the index, so a page may
// be shorter than limit before the end.
func (s *Store) List(ctx context.Context, after job.ID, limit int) ([]monitor.Record, job.ID, error) {
	from := "-"
	if after != "" {
		from = "(" + string(after)
	}
	ids, err := s.client.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: indexKey, Start: from, Stop: "+", ByLex: true, Count: int64(limit),
	}).Result()
	if err != nil {
		return nil, "", unavailable("list jobs", err)
	}
	if len(ids) == 0 {
		return nil, "", nil
	}
	next := job.ID("")
	if len(ids) == limit {
		next = job.ID(ids[len(ids)-1])
	}
	records, ended, err := s.load(ctx, ids)
	if err == nil && len(ended) > 0 {
		err = s.unindex(ctx, ended...)
	}
	return records, next, err
}

// index notes a job that is kept.
func (s *Store) index(ctx context.Context, id string) error {
	return unavailable("index job", s.client.ZAdd(ctx, indexKey, redis.Z{Member: id}).Err())
}

// unindex drops jobs that are not kept, then looks again: one that was started
// anew meanwhile is put back.
func (s *Store) unindex(ctx context.Context, ids ...string) error {
	members := make([]any, len(ids))
	for i, id := range ids {
		members[i] = id
	}
	if err := s.client.ZRem(ctx, indexKey, members...).Err(); err != nil {
		return unavailable("clean index", err)
	}
	kept, _, err := s.load(ctx, ids)
	for _, record := range kept {
		err = errors.Join(err, s.index(ctx, string(record.Spec.ID)))
	}
	return err
}

// load reads the jobs among ids that live or owe events, and names the others.
func (s *Store) load(ctx context.Context, ids []string) (kept []monitor.Record, ended []string, err error) {
	pipe := s.client.Pipeline()
	fields := make([]*redis.SliceCmd, len(ids))
	for i, id := range ids {
		fields[i] = loadFields(ctx, pipe, job.ID(id))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, nil, unavailable("load jobs", err)
	}
	for i, id := range ids {
		record, err := decode(fields[i])
		switch {
		case failure.KindOf(err) == failure.KindNotFound:
			ended = append(ended, id)
		case err != nil:
			return nil, nil, err
		case record.State.Listed():
			kept = append(kept, record)
		default:
			ended = append(ended, id)
		}
	}
	return kept, ended, nil
}
