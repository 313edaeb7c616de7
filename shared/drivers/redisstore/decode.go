package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// readFields returns the command that reads a job's fields. decodeRecord decodes the reply.
func readFields(ctx context.Context, stateKey any) *redis.SliceCmd {
	return redis.NewSliceCmd(ctx, "hmget", stateKey,
		fieldSpec, fieldState, fieldRevision, fieldScheduled, fieldDuplicate, fieldSurplus, fieldPublishers, fieldDoubted)
}

// queueFields adds that command to a pipeline.
func queueFields(ctx context.Context, pipe redis.Pipeliner, id job.ID) *redis.SliceCmd {
	fields := readFields(ctx, stateKey(id))
	_ = pipe.Process(ctx, fields) // it only queues the command
	return fields
}

// decodeRecord returns a job's record. The error is monitor.ErrUnknownJob if there
// is no such job, and wraps monitor.ErrUnreadable if it cannot be decoded.
func decodeRecord(id job.ID, fields *redis.SliceCmd) (monitor.Record, error) {
	r, err := decodeRecordBy(id, fields, decodeSpec)
	if err != nil {
		return monitor.Record{}, err
	}
	return *r, nil
}

// decodeRecordBy is decodeRecord with another way to decode the request.
func decodeRecordBy(id job.ID, fields *redis.SliceCmd, decodeSpec func(string) (job.Spec, error)) (*monitor.Record, error) {
	values, err := fields.Result()
	if err != nil {
		return nil, unavailable("load job", err)
	}
	text := func(i int) string {
		value, _ := values[i].(string) // nil: the hash lacks the field
		return value
	}
	if text(0) == "" {
		return nil, monitor.ErrUnknownJob
	}
	r := &monitor.Record{Scheduled: text(3) == "1", Doubted: text(7) == "1"}
	if r.Spec, err = decodeSpec(text(0)); err != nil {
		return nil, unreadable(fmt.Errorf("decode spec: %w", err))
	}
	if err := decodeState(text(1), &r.State); err != nil {
		return nil, unreadable(fmt.Errorf("decode state of %s: %w", id, err))
	}
	if r.Spec.ID != id {
		return nil, unreadable(fmt.Errorf("the record of %s is of %.80q", id, r.Spec.ID))
	}
	if err := job.Check(r.Spec, r.State); err != nil {
		return nil, unreadable(fmt.Errorf("the record of %s: %w", id, err))
	}
	for _, counter := range []struct {
		at     int
		target *int64
	}{{2, &r.Revision}, {4, &r.Duplicate}, {5, &r.Surplus}} {
		if text(counter.at) == "" {
			continue
		}
		if *counter.target, err = strconv.ParseInt(text(counter.at), 10, 64); err != nil {
			return nil, unreadable(fmt.Errorf("decode counter of %s: %w", id, err))
		}
	}
	if text(6) != "" {
		if err := decode(text(6), &r.Publishers); err != nil {
			return nil, unreadable(fmt.Errorf("decode publishers of %s: %w", id, err))
		}
	}
	return r, nil
}

// decodeTick returns the record of a committed tick, nil if there is none.
func decodeTick(tick *redis.SliceCmd) (*monitor.TickRecord, error) {
	values, err := tick.Result()
	if err != nil {
		return nil, unavailable("load tick", err)
	}
	switch text, found := values[0].(string); {
	case !found:
		return nil, nil
	case text == "":
		return &monitor.TickRecord{}, nil
	default:
		return committedTick(text)
	}
}

func committedTick(text string) (*monitor.TickRecord, error) {
	x, err := decodeSample(text)
	if err != nil {
		return nil, err
	}
	return &monitor.TickRecord{Sample: &x}, nil
}

// decodeKubeStatus returns the stored status of a Kubernetes Job, nil if there
// is none.
func decodeKubeStatus(kubeStatus *redis.StringCmd) (*job.KubeStatus, error) {
	text, err := kubeStatus.Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, unavailable("load job status", err)
	}
	var status job.KubeStatus
	if err := decode(text, &status); err != nil {
		return nil, unreadable(fmt.Errorf("decode job status: %w", err))
	}
	return &status, nil
}

// decodeSamples returns the samples in texts. It skips an empty text, which
// stands for a tick that could not observe the job.
func decodeSamples(texts []string) ([]sample.Sample, error) {
	samples := make([]sample.Sample, 0, len(texts))
	for _, text := range texts {
		if text == "" {
			continue
		}
		x, err := decodeSample(text)
		if err != nil {
			return nil, err
		}
		samples = append(samples, x)
	}
	return samples, nil
}

func decodeSample(text string) (sample.Sample, error) {
	x, err := sample.Parse(text)
	if err == nil {
		err = job.CheckSample(x)
	}
	if err != nil {
		return sample.Sample{}, unreadable(err)
	}
	return x, nil
}
