package forecast_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

var begin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// timeline judges one sample each two seconds and gives the status after each. A sample
// says that the job will be late if it will be at its mean rate, or is.
func timeline(plan forecast.Plan, deadline time.Duration, jobs []float64) []forecast.Status {
	var h forecast.Health
	var statuses []forecast.Status
	for i, job := range jobs {
		ahead := time.Duration(i) * 2 * time.Second
		late := ahead > deadline
		if done := job - jobs[0]; done > 0 {
			late = ahead+time.Duration(float64(ahead)*(1-job)/done) > deadline
		}
		h = forecast.Judge(h, plan, sample.Sample{At: begin.Add(ahead).UnixMilli(), Job: job}, late)
		statuses = append(statuses, h.Now())
	}
	return statuses
}

// steps is a progress that rises by step at each of n samples.
func steps(from, step float64, n int) []float64 {
	jobs := make([]float64, n)
	for i := range jobs {
		jobs[i] = min(from+float64(i)*step, 1)
	}
	return jobs
}

func TestJudge(t *testing.T) {
	t.Parallel()
	plan := forecast.Plan{Items: 100, Budget: 200 * time.Second, Period: 2 * time.Second}
	cases := map[string]struct {
		plan     forecast.Plan
		deadline time.Duration
		jobs     []float64
		at       map[int]forecast.Status // by the sample's number
	}{
		"fast enough": {
			plan, plan.Budget, steps(0, 0.02, 40),
			map[int]forecast.Status{0: forecast.StatusOK, 39: forecast.StatusOK},
		},
		"too slow: five samples say so": {
			plan, plan.Budget, steps(0, 0.005, 40),
			map[int]forecast.Status{0: forecast.StatusOK, 4: forecast.StatusOK, 5: forecast.StatusAtRisk, 39: forecast.StatusAtRisk},
		},
		"four samples are no risk": {
			plan, plan.Budget, append(append(steps(0, 0.002, 5), 0.5), steps(0.5, 0.02, 20)...),
			map[int]forecast.Status{4: forecast.StatusOK, 5: forecast.StatusOK, 25: forecast.StatusOK},
		},
		"recovers by scaling: five samples say so": {
			plan, plan.Budget, append(steps(0, 0.005, 10), steps(0.3, 0.05, 10)...),
			map[int]forecast.Status{9: forecast.StatusAtRisk, 13: forecast.StatusAtRisk, 14: forecast.StatusOK},
		},
		"stalls after ten periods": {
			plan, plan.Budget, append(steps(0, 0.05, 5), steps(0.2, 0, 20)...), // risen at 8 s
			map[int]forecast.Status{4: forecast.StatusOK, 14: forecast.StatusOK, 15: forecast.StatusStalled},
		},
		"a stall ends with an advance": {
			plan, plan.Budget, append(append(steps(0, 0.05, 5), steps(0.2, 0, 20)...), 0.9),
			map[int]forecast.Status{24: forecast.StatusStalled, 25: forecast.StatusOK},
		},
		"a stall ends late": {
			plan, plan.Budget, append(append(steps(0, 0.05, 5), steps(0.2, 0, 40)...), 0.21),
			map[int]forecast.Status{44: forecast.StatusStalled, 45: forecast.StatusAtRisk},
		},
		"coarse items pause for longer": { // an advance each 20 s
			forecast.Plan{Items: 100, Budget: 200 * time.Second, Period: 2 * time.Second},
			time.Hour,
			[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2, .2},
			map[int]forecast.Status{25: forecast.StatusOK}, // 30 s
		},
		"nothing done yet: a fifth of the budget": {
			plan, plan.Budget, steps(0, 0, 30),
			map[int]forecast.Status{20: forecast.StatusOK, 21: forecast.StatusStalled},
		},
		"a single item has the whole budget": {
			forecast.Plan{Items: 1, Budget: 50 * time.Second, Period: 2 * time.Second},
			50 * time.Second,
			steps(0, 0, 30),
			map[int]forecast.Status{25: forecast.StatusOK, 26: forecast.StatusStalled},
		},
		"all done and not told so: no stall": {
			plan, plan.Budget, append(steps(0, 0.25, 5), steps(1, 0, 40)...),
			map[int]forecast.Status{44: forecast.StatusOK},
		},
		"done too late": {
			forecast.Plan{Items: 100, Budget: 10 * time.Second, Period: 2 * time.Second},
			10 * time.Second,
			steps(0, 0.1, 12),
			map[int]forecast.Status{11: forecast.StatusAtRisk},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := timeline(c.plan, c.deadline, c.jobs)
			for at, want := range c.at {
				if got[at] != want {
					t.Errorf("sample %d: got %s, want %s (all: %v)", at, got[at], want, got)
				}
			}
		})
	}
}

// TestJudgeNeverFlaps: whatever the progress does, a job's risk turns at most
// once in five samples unless a stall begins or ends.
func TestJudgeNeverFlaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan := forecast.Plan{
			Items: rapid.Int64Range(1, 1000).Draw(t, "items"), Budget: 100 * time.Second, Period: 2 * time.Second,
		}
		jobs := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 200).Draw(t, "jobs")
		last, turned := forecast.StatusOK, -10
		for i, status := range timeline(plan, plan.Budget, jobs) {
			if status == last {
				continue
			}
			if status != forecast.StatusStalled && last != forecast.StatusStalled && i-turned < 5 {
				t.Fatalf("turned at samples %d and %d", turned, i)
			}
			last, turned = status, i
		}
	})
}
