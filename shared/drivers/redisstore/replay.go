package redisstore

import (
	"context"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Replay implements monitor.JobStore: one transaction, hence one moment.
func (s *Store) Replay(ctx context.Context, id job.ID) (monitor.Replay, error) {
	pipe := s.client.TxPipeline()
	fields := loadFields(ctx, pipe, id)
	history := pipe.LRange(ctx, historyKey(id), 0, -1)
	recent := pipe.HVals(ctx, ticksKey(id))
	if _, err := pipe.Exec(ctx); err != nil {
		return monitor.Replay{}, unavailable("replay job", err)
	}
	var replay monitor.Replay
	var err error
	if replay.Record, err = decode(fields); err != nil {
		return monitor.Replay{}, err
	}
	if replay.History, err = parse(history.Val()); err != nil {
		return monitor.Replay{}, err
	}
	replay.Recent, err = parse(recent.Val())
	return replay, err
}

// parse reads samples; an empty text is a tick without a sample.
func parse(texts []string) ([]sample.Sample, error) {
	samples := make([]sample.Sample, 0, len(texts))
	for _, text := range texts {
		if text == "" {
			continue
		}
		x, err := sample.Parse(text)
		if err != nil {
			return nil, err
		}
		samples = append(samples, x)
	}
	return samples, nil
}
