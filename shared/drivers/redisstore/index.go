package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Index implements monitor.JobStore.
func (s *Store) Index(ctx context.Context, id job.ID) error {
	return indexFailed("index job", s.client.ZAdd(ctx, indexKey, redis.Z{Member: monitor.ListOrder(id)}).Err())
}

// indexFailed classifies an error of the index, nil for nil. An index of a wrong type is
// the trouble of no single job: its text says what mends it.
func indexFailed(operation string, err error) error {
	if !wrongType(err) {
		return unavailable(operation, err)
	}
	return failure.Unavailable("the key "+indexKey+" of the state store has a wrong type: delete it, and a sweep writes it again",
		fmt.Errorf("%s: %w", operation, err))
}

// removeFromIndex removes jobs that need not be listed. Then it reads them again,
// and adds those back that were restarted in the meantime.
func (s *Store) removeFromIndex(ctx context.Context, ids ...job.ID) error {
	members := make([]any, len(ids))
	for i, id := range ids {
		members[i] = monitor.ListOrder(id)
	}
	if err := s.client.ZRem(ctx, indexKey, members...).Err(); err != nil {
		return indexFailed("clean index", err)
	}
	page, _, err := s.loadPage(ctx, ids)
	for _, record := range page.Records {
		err = errors.Join(err, s.Index(ctx, record.Spec.ID))
	}
	return err
}

// loadPage returns the records of the jobs that must be listed
// (job.State.Listed), the jobs whose records cannot be read, and the ids of the
// others.
func (s *Store) loadPage(ctx context.Context, ids []job.ID) (page monitor.Page, others []job.ID, err error) {
	pipe := s.client.Pipeline()
	fields := make([]*redis.SliceCmd, len(ids))
	for i, id := range ids {
		fields[i] = queueFields(ctx, pipe, id)
	}
	if _, err := pipe.Exec(ctx); err != nil && !wrongType(err) {
		return monitor.Page{}, nil, unavailable("load jobs", err)
	}
	for i, id := range ids {
		record, err := decodeRecord(id, fields[i])
		switch {
		case failure.KindOf(err) == failure.KindNotFound:
			others = append(others, id)
		case errors.Is(err, monitor.ErrUnreadable):
			page.Unreadable = append(page.Unreadable, monitor.Unreadable{ID: id, Err: err})
		case err != nil:
			return monitor.Page{}, nil, err
		case record.State.Listed():
			page.Records = append(page.Records, record)
		default:
			others = append(others, id)
		}
	}
	return page, others, nil
}
