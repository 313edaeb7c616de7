package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// TimedSample is a sample as it is shown. Its JSON has the time twice: as a
// number to resume from, and as text to read.
type TimedSample struct {
	Timestamp int64     `json:"timestamp"` // Unix milliseconds
	At        time.Time `json:"at"`        // RFC 3339 in UTC
	Job       float64   `json:"job_progress"`
	Time      float64   `json:"time_progress"`
	Error     float64   `json:"error"`
	Replicas  int64     `json:"replicas"`
	// Asked is how many replicas the job asked for; 0 while unknown. Lateness is from the
	// tick's instant to its arrival, in seconds.
	Asked    int64   `json:"parallelism,omitempty"`
	Lateness float64 `json:"lateness,omitempty"`
}

func newTimedSample(s sample.Sample) TimedSample {
	return TimedSample{
		Timestamp: s.At, At: s.Moment(), Job: s.Job, Time: s.Time, Error: s.Error, Replicas: s.Replicas,
		Asked: s.Asked, Lateness: float64(s.Late) / 1000,
	}
}

// SampleRange selects samples. The zero value selects all of them.
type SampleRange struct {
	Since, Until time.Time // Since is inclusive, Until exclusive; zero is no bound
	Limit        int       // the first Limit samples; 0 is no limit
}

// Samples is a part of a job's samples, oldest first.
type Samples struct {
	Samples []TimedSample
	More    bool // the range holds more samples after the last one
}

// Samples returns the stored samples of a job, living or ended: its history,
// the highest, the lowest and the last one. They are read atomically. Between
// two calls a tick may add a sample, replace the last one if both are of the
// same second, or thin out the history. The error for an unknown id is
// ErrUnknownJob.
func (s *Service) Samples(ctx context.Context, id job.ID, in SampleRange) (Samples, error) {
	replay, err := s.jobs.Replay(ctx, id)
	if err != nil {
		return Samples{}, err
	}
	return in.cut(replay.Record.State.Summary.Merge(replay.History)), nil
}

// cut returns the samples in the range.
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
