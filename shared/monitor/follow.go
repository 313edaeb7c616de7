package monitor

import (
	"context"
	"slices"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// Seen describes which samples of a job a follower has seen.
type Seen struct {
	At    int64 // time of the newest sample, Unix milliseconds
	life  int64 // see job.Spec.Life; 0 if the follower does not know it
	count int64 // number of samples that the job had then
}

// News is what a follower has not seen yet.
type News struct {
	Phase   job.Phase
	Reason  string // why the job ended
	Period  time.Duration
	Samples []TimedSample // newer than those already seen, oldest first
	Seen    Seen          // with these samples
}

// Follow returns the news of a job; if seen is nil, the news is the last sample
// only. A follower that asks again before the store forgets its ticks gets
// every sample once, however old the job is; a later one gets the samples of
// the history. Follow reads the store once, and a second time if more than one
// sample is new. The error for an unknown id is ErrUnknownJob.
func (s *Service) Follow(ctx context.Context, id job.ID, seen *Seen) (News, error) {
	if !sees(ctx, id) {
		return News{}, ErrUnknownJob
	}
	if seen == nil || seen.life != 0 {
		record, err := s.ticks.Load(ctx, id, "")
		if err != nil {
			return News{}, err
		}
		if seen == nil {
			return newNews(record, Seen{}, lastSample(record)), nil
		}
		if seen.life == record.Spec.Life() && record.State.Summary.Count <= seen.count+1 {
			return newNews(record, *seen, lastSample(record)), nil
		}
	}
	replay, err := s.jobs.Replay(ctx, id)
	if err != nil {
		return News{}, err
	}
	samples := slices.Concat(replay.History, replay.Recent)
	return newNews(&replay.Record, *seen, replay.Record.State.Summary.Merge(samples)), nil
}

// newNews returns the part of the samples, oldest first, that was not seen.
func newNews(r *Record, seen Seen, sorted []sample.Sample) News {
	news := News{Phase: r.State.Phase, Reason: r.State.Reason, Period: r.Spec.Schedule().Every, Seen: seen}
	news.Seen.life, news.Seen.count = r.Spec.Life(), r.State.Summary.Count
	for _, x := range sorted {
		if x.At > news.Seen.At {
			news.Samples = append(news.Samples, newTimedSample(x))
			news.Seen.At = x.At
		}
	}
	return news
}

// lastSample returns the last sample of a job, or none.
func lastSample(r *Record) []sample.Sample {
	if r.State.Summary.Last == nil {
		return nil
	}
	return []sample.Sample{*r.State.Summary.Last}
}
