package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Index implements monitor.JobStore.
func (s *Store) Index(ctx context.Context, id job.ID) error { return s.index(ctx, id) }

// index adds jobs to the index, at least one.
func (s *Store) index(ctx context.Context, ids ...job.ID) error {
	members := make([]redis.Z, len(ids))
	for i, id := range ids {
		members[i].Member = monitor.ListOrder(id)
	}
	return indexFailed("index jobs", s.client.ZAdd(ctx, indexKey, members...).Err())
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
	all, err := s.Records(ctx, ids)
	if err != nil {
		return monitor.Page{}, nil, err
	}
	page.Unreadable = all.Unreadable
	keep := map[job.ID]bool{}
	for _, u := range all.Unreadable {
		keep[u.ID] = true
	}
	for _, record := range all.Records {
		if record.State.Listed() {
			page.Records = append(page.Records, record)
			keep[record.Spec.ID] = true
		}
	}
	others = slices.DeleteFunc(slices.Clone(ids), func(id job.ID) bool { return keep[id] })
	return page, others, nil
}
