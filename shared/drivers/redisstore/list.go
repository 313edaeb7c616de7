package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// List implements monitor.JobStore: one page of the index, then the jobs of the
// page in one pipeline. It removes jobs from the index that have ended and have no
// undelivered events, so a page may be shorter than limit before the end.
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
	records, others, err := s.loadListed(ctx, ids)
	if err == nil && len(others) > 0 {
		err = s.unindex(ctx, others...)
	}
	return records, next, err
}

// index adds a job to the index.
func (s *Store) index(ctx context.Context, id string) error {
	return unavailable("index job", s.client.ZAdd(ctx, indexKey, redis.Z{Member: id}).Err())
}

// unindex removes jobs from the index, then looks at them again: a job that was
// started in between is added again.
func (s *Store) unindex(ctx context.Context, ids ...string) error {
	members := make([]any, len(ids))
	for i, id := range ids {
		members[i] = id
	}
	if err := s.client.ZRem(ctx, indexKey, members...).Err(); err != nil {
		return unavailable("clean index", err)
	}
	listed, _, err := s.loadListed(ctx, ids)
	for _, record := range listed {
		err = errors.Join(err, s.index(ctx, string(record.Spec.ID)))
	}
	return err
}

// loadListed reads jobs. It returns those that are listed, and the ids of the others.
func (s *Store) loadListed(ctx context.Context, ids []string) (listed []monitor.Record, others []string, err error) {
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
			others = append(others, id)
		case err != nil:
			return nil, nil, err
		case record.State.Listed():
			listed = append(listed, record)
		default:
			others = append(others, id)
		}
	}
	return listed, others, nil
}
