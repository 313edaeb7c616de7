package forecast_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

func TestEstimate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		items       int64
		first, last sample.Sample
		rate        float64
		finish      time.Time
	}{
		"worked example": {100, sample.Sample{Job: 0.2}, sample.Sample{At: 20_000, Job: 0.6}, 2, time.Unix(40, 0)},
		"one sample":     {100, sample.Sample{At: 1000}, sample.Sample{At: 1000}, 0, time.Time{}},
		"nothing done":   {100, sample.Sample{Job: 0.2}, sample.Sample{At: 9000, Job: 0.2}, 0, time.Time{}},
		"progress fell":  {100, sample.Sample{Job: 0.2}, sample.Sample{At: 9000, Job: 0.1}, 0, time.Time{}},
		"done":           {100, sample.Sample{Job: 0}, sample.Sample{At: 10_000, Job: 1}, 10, time.Unix(10, 0)},
		"ages away":      {math.MaxInt64, sample.Sample{}, sample.Sample{At: 1000, Job: 1e-18}, 9.223372036854775, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := forecast.Estimate(tt.items, tt.first, tt.last)
			if math.Abs(got.Rate-tt.rate) > 1e-9*max(1, tt.rate) {
				t.Errorf("Rate = %v, want %v", got.Rate, tt.rate)
			}
			if !got.Finish.Equal(tt.finish) {
				t.Errorf("Finish = %v, want %v", got.Finish, tt.finish)
			}
		})
	}
}

func TestEstimateIsFiniteAndNotInThePast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := sample.Sample{At: rapid.Int64Range(0, 1<<42).Draw(t, "first"), Job: rapid.Float64Range(0, 1).Draw(t, "first job")}
		last := sample.Sample{At: rapid.Int64Range(0, 1<<42).Draw(t, "last"), Job: rapid.Float64Range(0, 1).Draw(t, "last job")}
		got := forecast.Estimate(rapid.Int64Range(1, math.MaxInt64).Draw(t, "items"), first, last)
		if math.IsNaN(got.Rate) || math.IsInf(got.Rate, 0) || got.Rate < 0 {
			t.Fatalf("rate %v", got.Rate)
		}
		if !got.Finish.IsZero() && got.Finish.Before(last.Moment()) {
			t.Fatalf("finish %v is before the last sample at %v", got.Finish, last.Moment())
		}
	})
}
