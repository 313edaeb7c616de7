package monitor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func (b *bench) follow(seen *monitor.Seen) monitor.News {
	b.t.Helper()
	news, err := b.service.Follow(b.t.Context(), "a", seen)
	if err != nil {
		b.t.Fatal(err)
	}
	return news
}

func expectNews(t *testing.T, what string, got monitor.News, phase job.Phase, want ...float64) {
	t.Helper()
	if want == nil {
		want = []float64{}
	}
	if diff := cmp.Diff(want, seconds(got.Samples)); diff != "" || got.Phase != phase {
		t.Errorf("%s: phase %q, want %q; samples (-want +got):\n%s", what, got.Phase, phase, diff)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(job.QueueCount{}, nil)
	b.start("a")
	news := b.follow(nil)
	expectNews(t, "before the first tick", news, job.PhasePending)
	if news.Period != 2*time.Second {
		t.Errorf("period %v, want 2s", news.Period)
	}
	b.queue.Set(full, nil)
	b.sampleAt(2 * time.Second)
	news = b.follow(&news.Seen)
	expectNews(t, "the first sample", news, job.PhaseRunning, 2)
	expectNews(t, "nothing new", b.follow(&news.Seen), job.PhaseRunning)
	expectNews(t, "without a cursor", b.follow(nil), job.PhaseRunning, 2)

	b.sampleAt(4 * time.Second)
	b.sampleAt(4900 * time.Millisecond) // the history keeps the last of a second
	b.sampleAt(7 * time.Second)
	expectNews(t, "without a cursor", b.follow(nil), job.PhaseRunning, 7)
	expectNews(t, "three at once", b.follow(&news.Seen), job.PhaseRunning, 4, 4.9, 7)
	at := monitortest.Start.Add(4 * time.Second).UnixMilli()
	expectNews(t, "from a sample on", b.follow(&monitor.Seen{At: at}), job.PhaseRunning, 4.9, 7)

	news = b.follow(&news.Seen)
	b.sampleAt(9 * time.Second)
	b.sampleAt(11 * time.Second)
	news = b.follow(&news.Seen)
	expectNews(t, "two at once", news, job.PhaseRunning, 9, 11)
	b.queue.Set(job.QueueCount{Results: 6}, nil)
	b.sampleAt(13 * time.Second)
	news = b.follow(&news.Seen)
	expectNews(t, "the end", news, job.PhaseFinished, 13)
	if news.Reason != "the queue is empty" {
		t.Errorf("reason %q, want the queue is empty", news.Reason)
	}
	expectNews(t, "after the end", b.follow(&news.Seen), job.PhaseFinished)
}

// However old a job is, a follower that was disconnected for a while misses no
// sample, although the history has dropped some of them.
func TestFollowOfAnOldJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n, missed = history.Max + 50, 5
	b.queue.Set(full, nil)
	b.old(n-missed, func(int) float64 { return 0 })
	news := b.follow(nil)
	want := []float64{}
	for i := range missed {
		second := 2 * (n - missed + i + 1)
		b.sampleAt(time.Duration(second) * time.Second)
		want = append(want, float64(second))
	}
	expectNews(t, "while it was disconnected", b.follow(&news.Seen), job.PhaseRunning, want...)
	expectNews(t, "by its time alone", b.follow(&monitor.Seen{At: news.Seen.At}), job.PhaseRunning, want...)
	all := seconds(b.follow(&monitor.Seen{}).Samples)
	if first, last := all[0], all[len(all)-1]; first != 2 || last != 2*n || len(all) < history.Max/2 {
		t.Errorf("%d samples from %v to %v, want all that are kept", len(all), first, last)
	}
}

// A restarted job has as many samples as the follower has seen of its earlier
// life, but they are different ones.
func TestFollowOfANewLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.samplesEvery2s(3)
	news := b.follow(nil)
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	b.start("a")
	b.sampleAt(20 * time.Second)
	b.sampleAt(22 * time.Second)
	b.sampleAt(24 * time.Second)
	expectNews(t, "the new life", b.follow(&news.Seen), job.PhaseRunning, 20, 22, 24)
}

func TestFollowThatFails(t *testing.T) {
	t.Parallel()
	for name, seen := range map[string]*monitor.Seen{"without a cursor": nil, "from a moment on": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if _, err := b.service.Follow(t.Context(), "a", seen); !errors.Is(err, monitor.ErrUnknownJob) {
				t.Errorf("of an unknown job: %v, want %v", err, monitor.ErrUnknownJob)
			}
			b.redis.Close()
			if _, err := b.service.Follow(t.Context(), "a", seen); !failure.IsRetryable(err) {
				t.Errorf("without the store: %v, want a retryable error", err)
			}
		})
	}
}
