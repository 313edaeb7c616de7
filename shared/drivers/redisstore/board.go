package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// maxEnded bounds the ended jobs that are listed.
const maxEnded = 10_000

// indexEnded lists a job that ended, and removes those whose retention is over.
func (s *Store) indexEnded(ctx context.Context, c *monitor.Change) error {
	over := strconv.FormatInt(c.State.EndedAt-c.Retention.Milliseconds(), 10)
	_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.ZAdd(ctx, endedKey, redis.Z{Score: float64(c.State.EndedAt), Member: string(c.ID)})
		pipe.ZRemRangeByScore(ctx, endedKey, "-inf", "("+over)
		pipe.ZRemRangeByRank(ctx, endedKey, 0, -maxEnded-1)
		pipe.PExpire(ctx, endedKey, c.Retention)
		return nil
	})
	return err
}

// Ended implements monitor.BoardStore.
func (s *Store) Ended(ctx context.Context, since time.Time, limit int) ([]monitor.EndedJob, error) {
	found, err := s.client.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
		Key: endedKey, ByScore: true, Rev: true, Start: "+inf", Stop: strconv.FormatInt(since.UnixMilli(), 10), Count: int64(limit),
	}).Result()
	if wrongType(err) {
		return nil, nil // the list is for readers only
	}
	if err != nil {
		return nil, unavailable("list ended jobs", err)
	}
	jobs := make([]monitor.EndedJob, 0, len(found))
	for _, z := range found {
		member, _ := z.Member.(string)
		if id, err := job.ParseID(member); err == nil {
			jobs = append(jobs, monitor.EndedJob{ID: id, At: int64(z.Score)})
		}
	}
	return jobs, nil
}

// Records implements monitor.BoardStore with one round trip.
func (s *Store) Records(ctx context.Context, ids []job.ID) (monitor.Page, error) {
	pipe := s.client.Pipeline()
	fields := make([]*redis.SliceCmd, len(ids))
	for i, id := range ids {
		fields[i] = queueFields(ctx, pipe, id)
	}
	if _, err := pipe.Exec(ctx); err != nil && !wrongType(err) {
		return monitor.Page{}, unavailable("load jobs", err)
	}
	var page monitor.Page
	for i, id := range ids {
		record, err := decodeRecord(id, fields[i])
		switch {
		case failure.KindOf(err) == failure.KindNotFound:
		case errors.Is(err, monitor.ErrUnreadable):
			page.Unreadable = append(page.Unreadable, monitor.Unreadable{ID: id, Err: err})
		case err != nil:
			return monitor.Page{}, err
		default:
			page.Records = append(page.Records, record)
		}
	}
	return page, nil
}

// Journal implements monitor.BoardStore. An entry that cannot be decoded is left out, as is
// a journal of a wrong type: the job is monitored all the same.
func (s *Store) Journal(ctx context.Context, id job.ID) ([]job.Entry, error) {
	texts, err := s.client.LRange(ctx, journalKey(id), 0, -1).Result()
	if wrongType(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable("load journal", err)
	}
	entries := make([]job.Entry, 0, len(texts))
	for _, text := range texts {
		var entry job.Entry
		if decode(text, &entry) == nil {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

// appendJournal appends entries as JSON.
func appendJournal(args []any, entries []job.Entry) ([]any, error) {
	for _, entry := range entries {
		text, err := encode(entry)
		if err != nil {
			return nil, fmt.Errorf("encode journal: %w", err)
		}
		args = append(args, text)
	}
	return args, nil
}
