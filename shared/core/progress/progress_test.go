package progress_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kubejobs/shared/core/progress"
)

const tolerance = 1e-9

func TestCompute(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		facts progress.Facts
		want  progress.Progress
	}{
		"worked example": {
			facts: progress.Facts{Items: 6, Queued: 2, InFlight: 1, WorkSeen: true, Elapsed: 4 * time.Second, Budget: time.Minute},
			want:  progress.Progress{Job: 0.5, Time: 4.0 / 60, Error: 0.5 - 4.0/60},
		},
		"sample captured from the original: nothing done after 4 s of 60": {
			facts: progress.Facts{Items: 6, Queued: 6, WorkSeen: true, Elapsed: 4 * time.Second, Budget: time.Minute},
			want:  progress.Progress{Job: 0, Time: 0.06666666666666667, Error: -0.06666666666666667},
		},
		"sample captured from the original: all done after 6 s of 60": {
			facts: progress.Facts{Items: 6, WorkSeen: true, Elapsed: 6 * time.Second, Budget: time.Minute},
			want:  progress.Progress{Job: 1, Time: 0.1, Error: 0.9},
		},
		"trap 1: the second day counts": {
			facts: progress.Facts{Items: 4, Queued: 4, WorkSeen: true, Elapsed: 25 * time.Hour, Budget: 2 * time.Hour},
			want:  progress.Progress{Time: 12.5, Error: -12.5},
		},
		"trap 1: submitted in the future is no elapsed time": {
			facts: progress.Facts{Items: 4, Queued: 4, WorkSeen: true, Elapsed: -time.Hour, Budget: time.Hour},
			want:  progress.Progress{},
		},
		"trap 2: an honest 0 stays 0": {
			facts: progress.Facts{Items: 4, Queued: 4, WorkSeen: true, Elapsed: time.Second, Budget: 10 * time.Second},
			want:  progress.Progress{Job: 0, Time: 0.1, Error: -0.1},
		},
		"trap 3: more items in the lists than the job had": {
			facts: progress.Facts{Items: 6, Queued: 18, WorkSeen: true, Elapsed: 4 * time.Second, Budget: time.Minute},
			want:  progress.Progress{Job: 0, Time: 4.0 / 60, Error: -4.0 / 60},
		},
		"trap 3: no items": {
			facts: progress.Facts{WorkSeen: true, Elapsed: time.Second, Budget: time.Second},
			want:  progress.Progress{Time: 1, Error: -1},
		},
		"trap 3: negative counts are nothing": {
			facts: progress.Facts{Items: 4, Queued: -4, InFlight: -1, WorkSeen: true, Budget: time.Second},
			want:  progress.Progress{Job: 1, Error: 1},
		},
		"trap 4: no budget": {
			facts: progress.Facts{Items: 4, Queued: 2, WorkSeen: true, Elapsed: time.Second},
			want:  progress.Progress{Job: 0.5, Error: 0.5},
		},
		"trap 4: late is not clamped": {
			facts: progress.Facts{Items: 4, Queued: 4, WorkSeen: true, Elapsed: 3 * time.Second, Budget: time.Second},
			want:  progress.Progress{Time: 3, Error: -3},
		},
		"trap 9: a queue not filled yet is not a finished job": {
			facts: progress.Facts{Items: 4, Elapsed: time.Second, Budget: 10 * time.Second},
			want:  progress.Progress{Time: 0.1, Error: -0.1},
		},
		"counts that overflow together": {
			facts: progress.Facts{Items: 4, Queued: math.MaxInt64, InFlight: math.MaxInt64, WorkSeen: true, Budget: time.Second},
			want:  progress.Progress{},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := progress.Compute(tt.facts)
			if !near(got.Job, tt.want.Job) || !near(got.Time, tt.want.Time) || !near(got.Error, tt.want.Error) {
				t.Errorf("Compute(%+v) = %+v, want %+v", tt.facts, got, tt.want)
			}
		})
	}
}

func TestComputeIsAlwaysFiniteAndConsistent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := progress.Facts{
			Items:    rapid.Int64().Draw(t, "items"),
			Queued:   rapid.Int64().Draw(t, "queued"),
			InFlight: rapid.Int64().Draw(t, "in flight"),
			WorkSeen: rapid.Bool().Draw(t, "begun"),
			Elapsed:  time.Duration(rapid.Int64().Draw(t, "elapsed")),
			Budget:   time.Duration(rapid.Int64().Draw(t, "budget")),
		}
		p := progress.Compute(f)
		if !(p.Job >= 0 && p.Job <= 1) {
			t.Fatalf("job progress %v is not in [0, 1]", p.Job)
		}
		if !(p.Time >= 0) || math.IsInf(p.Time, 0) {
			t.Fatalf("time progress %v is not finite and >= 0", p.Time)
		}
		if p.Error != p.Job-p.Time {
			t.Fatalf("error %v is not %v - %v", p.Error, p.Job, p.Time)
		}
		if done := progress.Completed(f); done < 0 || done > max(f.Items, 0) {
			t.Fatalf("completed %d is not in [0, %d]", done, f.Items)
		}
	})
}

func TestProgressGrowsAsTheQueueShrinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.Int64Range(1, 1<<40).Draw(t, "items")
		left := rapid.Int64Range(1, items).Draw(t, "left")
		more := progress.Job(progress.Facts{Items: items, Queued: left, WorkSeen: true})
		less := progress.Job(progress.Facts{Items: items, Queued: left - 1, WorkSeen: true})
		if less <= more {
			t.Fatalf("one item less in the queue moved the progress from %v to %v", more, less)
		}
	})
}

func ExampleCompute() {
	p := progress.Compute(progress.Facts{
		Items: 6, Queued: 2, InFlight: 1, WorkSeen: true,
		Elapsed: 6 * time.Second, Budget: 60 * time.Second,
	})
	fmt.Printf("job %.2f time %.2f error %+.2f\n", p.Job, p.Time, p.Error)
	// Output: job 0.50 time 0.10 error +0.40
}

func near(a, b float64) bool { return math.Abs(a-b) <= tolerance }
