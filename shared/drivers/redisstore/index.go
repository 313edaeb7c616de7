package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// addToIndex adds a job to the index.
func (s *Store) addToIndex(ctx context.Context, id string) error {
	return unavailable("index job", s.client.ZAdd(ctx, indexKey, redis.Z{Member: id}).Err())
}

// removeFromIndex removes jobs that need not be listed. Then it reads them again,
// and adds those back that were restarted in the meantime.
func (s *Store) removeFromIndex(ctx context.Context, ids ...string) error {
	members := make([]any, len(ids))
	for i, id := range ids {
		members[i] = id
	}
	if err := s.client.ZRem(ctx, indexKey, members...).Err(); err != nil {
		return unavailable("clean index", err)
	}
	listed, _, err := s.loadListed(ctx, ids)
	for _, record := range listed {
		err = errors.Join(err, s.addToIndex(ctx, string(record.Spec.ID)))
	}
	return err
}

// loadListed returns the records of the jobs that must be listed
// (job.State.Listed), and the ids of the others.
func (s *Store) loadListed(ctx context.Context, ids []string) (listed []monitor.Record, others []string, err error) {
	pipe := s.client.Pipeline()
	fields := make([]*redis.SliceCmd, len(ids))
	for i, id := range ids {
		fields[i] = queueFields(ctx, pipe, job.ID(id))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, nil, unavailable("load jobs", err)
	}
	for i, id := range ids {
		record, err := decodeRecord(fields[i])
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
