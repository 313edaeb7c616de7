package redisstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Create implements monitor.JobStore. It adds the job to the index twice:
// before it stores the job, so that a crash in between leaves an entry too many
// and never one too few; and after it, in case the entry was removed in between
// because the job's earlier life had ended.
func (s *Store) Create(ctx context.Context, spec job.Spec, state job.State) (monitor.CreateResult, error) {
	specText, err := encodeSpec(spec)
	if err != nil {
		return 0, fmt.Errorf("encode spec: %w", err)
	}
	stateText, err := encodeState(state)
	if err != nil {
		return 0, fmt.Errorf("encode state: %w", err)
	}
	if err := s.Index(ctx, spec.ID); err != nil {
		return 0, err
	}
	code, err := s.create.Run(ctx, s.client, scriptKeys(spec.ID), spec.Fingerprint, specText, stateText, spec.Life()).Int()
	if err != nil {
		return 0, unavailable("create job", err)
	}
	switch code {
	case 1:
		return monitor.CreatedNew, s.Index(ctx, spec.ID)
	case 2:
		return monitor.CreatedSame, nil
	case 3:
		return monitor.CreatedOther, nil
	case 4:
		return monitor.CreatedBefore, nil
	default:
		return 0, fmt.Errorf("create job: script returned %d", code)
	}
}

// Discard implements monitor.JobStore. The status of the Kubernetes Job may be what
// cannot be read, so it goes too; its next change stores it again.
func (s *Store) Discard(ctx context.Context, id job.ID) error {
	if err := s.client.Del(ctx, append(scriptKeys(id), kubeStatusKey(id), suspectKey(id))...).Err(); err != nil {
		return unavailable("discard job", err)
	}
	return s.removeFromIndex(ctx, id)
}

// Replay implements monitor.JobStore. It reads everything in one transaction.
func (s *Store) Replay(ctx context.Context, id job.ID) (monitor.Replay, error) {
	pipe := s.client.TxPipeline()
	fields := queueFields(ctx, pipe, id)
	history := pipe.LRange(ctx, historyKey(id), 0, -1)
	recent := pipe.HVals(ctx, ticksKey(id))
	if _, err := pipe.Exec(ctx); err != nil {
		return monitor.Replay{}, unavailable("replay job", err)
	}
	var replay monitor.Replay
	var err error
	if replay.Record, err = decodeRecord(id, fields); err != nil {
		return monitor.Replay{}, err
	}
	if replay.History, err = decodeSamples(history.Val()); err != nil {
		return monitor.Replay{}, err
	}
	if replay.Recent, err = decodeSamples(recent.Val()); err != nil {
		return monitor.Replay{}, err
	}
	return replay, nil
}

// List implements monitor.JobStore. It reads one page of the index, then the
// page's jobs in one pipeline. It removes the jobs that need not be listed from
// the index, so a page before the last may be shorter than limit.
func (s *Store) List(ctx context.Context, after job.ID, limit int) (monitor.Page, error) {
	start := "-"
	if after != "" {
		start = "(" + monitor.ListOrder(after)
	}
	members, err := s.client.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: indexKey, Start: start, Stop: "+", ByLex: true, Count: int64(limit),
	}).Result()
	if err != nil {
		return monitor.Page{}, indexFailed("list jobs", err)
	}
	if len(members) == 0 {
		return monitor.Page{}, nil
	}
	ids := make([]job.ID, len(members))
	for i, member := range members {
		ids[i] = job.ID(strings.TrimSuffix(member, "."))
	}
	page, others, err := s.loadPage(ctx, ids)
	if len(ids) == limit {
		page.Next = ids[len(ids)-1]
	}
	if err == nil && len(others) > 0 {
		err = s.removeFromIndex(ctx, others...)
	}
	return page, err
}
