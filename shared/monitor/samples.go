package monitor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

// TimedSample is a sample as it is shown. Its JSON has the time twice: as a
// number to go on from, and to be read.
type TimedSample struct {
	Timestamp int64     `json:"timestamp"` // Unix milliseconds
	At        time.Time `json:"at"`        // RFC 3339 in UTC
	Job       float64   `json:"job_progress"`
	Time      float64   `json:"time_progress"`
	Error     float64   `json:"error"`
	Replicas  int64     `json:"replicas"`
}

func newTimedSample(s sample.Sample) TimedSample {
	return TimedSample{
		Timestamp: s.At, At: s.Moment(), Job: s.Job, Time: s.Time, Error: s.Error, Replicas: s.Replicas,
	}
}

// SampleRange is which samples are asked for; the zero value is all.
type SampleRange struct {
	Since, Until time.Time // from Since on, before Until; zero is no bound
	Limit        int       // the first ones; 0 is no limit
}

// Samples is a part of a job's samples, oldest first.
type Samples struct {
	Samples []TimedSample
	More    bool // there are more in the range, after the last one
}

// Samples gives the samples that are kept of a job, living or ended: its
// history, the highest, the lowest and the last one. They are of one moment;
// between two calls a tick may add a sample, take the last one's place if that
// is of the same second, or thin the history out. ErrUnknownJob.
func (s *Service) Samples(ctx context.Context, id JobID, in SampleRange) (Samples, error) {
	replay, err := s.store.Replay(ctx, id)
	if err != nil {
		return Samples{}, err
	}
	return in.cut(merge(replay.Kept, replay.Record.State.Summary)), nil
}

// cut gives the samples that are in the range.
func (r SampleRange) cut(sorted []sample.Sample) Samples {
	part := Samples{Samples: []TimedSample{}}
	for _, x := range sorted {
		switch at := x.Moment(); {
		case at.Before(r.Since):
		case !r.Until.IsZero() && !at.Before(r.Until):
			return part
		case r.Limit > 0 && len(part.Samples) == r.Limit:
			part.More = true
			return part
		default:
			part.Samples = append(part.Samples, newTimedSample(x))
		}
	}
	return part
}

// merge is the samples that a job's report and history are made of: those kept
// and the extremes, each once, oldest first.
func merge(kept []sample.Sample, s summary.Summary) []sample.Sample {
	all := append(slices.Clone(kept), s.Extremes()...)
	slices.SortStableFunc(all, func(a, b sample.Sample) int { return cmp.Compare(a.At, b.At) })
	return slices.CompactFunc(all, func(a, b sample.Sample) bool { return a.At == b.At })
}
