package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/sample"
)

// Seen is what a follower has seen of a job.
type Seen struct {
	At    int64 // the newest sample's, Unix milliseconds
	life  int64 // when the job was accepted; 0 if the follower does not know
	count int64 // samples that there were then
}

// News is what a follower has not seen yet.
type News struct {
	Phase   Phase
	Reason  string // why the job ended
	Period  time.Duration
	Samples []TimedSample // newer than what was seen, oldest first
	Seen    Seen          // with these
}

// Follow gives a job's news; without seen its last sample is all there is.
// Every sample is given once, however old the job is, to whoever asks again
// before the store forgets its ticks; after that those that are kept. It is one
// look at the store, and a second one where more than one sample is new.
// ErrUnknownJob.
func (s *Service) Follow(ctx context.Context, id JobID, seen *Seen) (News, error) {
	if seen == nil || seen.life != 0 {
		record, err := s.store.Load(ctx, id, "")
		if err != nil {
			return News{}, err
		}
		if seen == nil {
			return newNews(record, Seen{}, lastOf(record)), nil
		}
		if seen.life == lifeOf(record) && record.State.Summary.Count <= seen.count+1 {
			return newNews(record, *seen, lastOf(record)), nil
		}
	}
	replay, err := s.store.Replay(ctx, id)
	if err != nil {
		return News{}, err
	}
	return newNews(replay.Record, *seen, merge(append(replay.Kept, replay.Recent...), replay.Record.State.Summary)), nil
}

// newNews is what of the samples, oldest first, was not seen.
func newNews(r Record, seen Seen, sorted []sample.Sample) News {
	news := News{Phase: r.State.Phase, Reason: r.State.Reason, Period: r.Spec.Schedule().Every, Seen: seen}
	news.Seen.life, news.Seen.count = lifeOf(r), r.State.Summary.Count
	for _, x := range sorted {
		if x.At > news.Seen.At {
			news.Samples = append(news.Samples, newTimedSample(x))
			news.Seen.At = x.At
		}
	}
	return news
}

func lifeOf(r Record) int64 { return r.Spec.Accepted.UnixMilli() }

func lastOf(r Record) []sample.Sample {
	if r.State.Summary.Last == nil {
		return nil
	}
	return []sample.Sample{*r.State.Summary.Last}
}
