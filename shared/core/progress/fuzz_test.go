package progress_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/progress"
)

// Whatever lengths a Redis answers, the shares stay within their bounds.
func FuzzCompute(f *testing.F) {
	f.Add(int64(6), int64(2), int64(1), int64(4e9), int64(60e9), true)
	f.Add(int64(1<<53), int64(1<<63-1), int64(1<<63-1), int64(1<<63-1), int64(1), true)
	f.Add(int64(0), int64(-1), int64(-1<<63), int64(-1<<63), int64(0), false)
	f.Fuzz(func(t *testing.T, items, queued, inFlight, elapsed, budget int64, seen bool) {
		facts := progress.Facts{
			Items: items, Queued: queued, InFlight: inFlight, WorkSeen: seen,
			Elapsed: time.Duration(elapsed), Budget: time.Duration(budget),
		}
		p := progress.Compute(facts)
		if !(p.Job >= 0 && p.Job <= 1) || !(p.Time >= 0 && p.Time <= 1<<63) || p.Error != p.Job-p.Time {
			t.Fatalf("progress %+v of %+v", p, facts)
		}
		if done := progress.Completed(facts); done < 0 || done > max(items, 0) {
			t.Errorf("%d items of %d are done", done, items)
		}
		if items > 0 && seen && queued <= 0 && inFlight <= 0 && p.Job != 1 {
			t.Errorf("the lists are empty, the progress is %v", p.Job)
		}
	})
}
