package summary_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

func TestFold(t *testing.T) {
	t.Parallel()
	point := func(at int64, err float64) sample.Sample {
		return sample.Sample{At: at, Error: err, Replicas: 3}
	}
	tests := map[string]struct {
		samples         []sample.Sample
		max, min, final sample.Sample
		seconds         int64
	}{
		"one sample is all three": {
			samples: []sample.Sample{point(1000, 0.5)},
			max:     point(1000, 0.5), min: point(1000, 0.5), final: point(1000, 0.5),
		},
		"captured run of the original": {
			samples: []sample.Sample{
				{At: 21_000, Error: -0.0333, Replicas: 3},
				{At: 23_000, Job: 0.5, Error: 0.4333, Replicas: 3},
				{At: 25_000, Job: 1, Error: 0.9, Replicas: 5},
				{At: 27_000, Job: 1, Error: 0.8667, Replicas: 5},
			},
			max:     sample.Sample{At: 25_000, Job: 1, Error: 0.9, Replicas: 5},
			min:     sample.Sample{At: 21_000, Error: -0.0333, Replicas: 3},
			final:   sample.Sample{At: 27_000, Job: 1, Error: 0.8667, Replicas: 5},
			seconds: 4, // until all was done, not until the last sample
		},
		"trap 10: the first of equals stays": {
			samples: []sample.Sample{point(1000, 0.1), point(2000, 0.1), point(3000, 0.1)},
			max:     point(1000, 0.1), min: point(1000, 0.1), final: point(3000, 0.1), seconds: 2,
		},
		"a second has one sample, its last": {
			samples: []sample.Sample{point(1000, 0.1), point(1900, 0.9), point(1950, 0.2), point(2000, 0.3)},
			max:     point(2000, 0.3), min: point(1950, 0.2), final: point(2000, 0.3), seconds: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s summary.Summary
			for _, x := range tt.samples {
				s, _ = s.Fold(x)
			}
			got := []sample.Sample{*s.Max(), *s.Min(), *s.Last}
			if diff := cmp.Diff([]sample.Sample{tt.max, tt.min, tt.final}, got); diff != "" {
				t.Errorf("max, min, final (-want +got):\n%s", diff)
			}
			if seconds, ok := s.ExecutionSeconds(); !ok || seconds != tt.seconds {
				t.Errorf("ExecutionSeconds() = %d, %t, want %d", seconds, ok, tt.seconds)
			}
			if s.Count != int64(len(tt.samples)) {
				t.Errorf("Count = %d, want %d", s.Count, len(tt.samples))
			}
		})
	}
}

func TestNoSample(t *testing.T) {
	t.Parallel()
	var s summary.Summary
	if s.Max() != nil || s.Min() != nil || s.Last != nil || s.Extremes() != nil {
		t.Errorf("an empty summary has extremes: %+v", s)
	}
	if _, ok := s.ExecutionSeconds(); ok {
		t.Error("an empty summary has an execution time")
	}
}

func TestReplicasAreTheLastThatRan(t *testing.T) {
	t.Parallel()
	var s summary.Summary
	for i, replicas := range []int64{0, 2, 5, 0} {
		s, _ = s.Fold(sample.Sample{At: int64(i) * 1000, Replicas: replicas})
	}
	if s.Replicas != 5 {
		t.Errorf("Replicas = %d, want 5", s.Replicas)
	}
}

// Settled samples and the last one are the detailed report: one a second,
// holding each extreme with its value, none later than the last.
func TestExtremesAreInTheDetailedReport(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s summary.Summary
		detailed := map[int64]float64{}
		at := rapid.Int64Range(0, 1<<40).Draw(t, "start")
		for range rapid.IntRange(1, 50).Draw(t, "samples") {
			at += rapid.Int64Range(1, 3000).Draw(t, "gap")
			next := sample.Sample{At: at, Error: rapid.Float64Range(-9, 1).Draw(t, "error")}
			var settled *sample.Sample
			if s, settled = s.Fold(next); settled != nil {
				if _, twice := detailed[settled.Second()]; twice {
					t.Fatalf("second %d settled twice", settled.Second())
				}
				detailed[settled.Second()] = settled.Error
			}
		}
		detailed[s.Last.Second()] = s.Last.Error
		for _, x := range s.Extremes() {
			if got, ok := detailed[x.Second()]; !ok || got != x.Error {
				t.Fatalf("extreme %v: the detailed report has %v, %t", x, got, ok)
			}
		}
		for second, value := range detailed {
			if value > s.Max().Error || value < s.Min().Error || second > s.Last.Second() {
				t.Fatalf("second %d with %v is outside [%v, %v]", second, value, s.Min(), s.Max())
			}
		}
	})
}

func ExampleSummary_Fold() {
	var s summary.Summary
	s, _ = s.Fold(sample.Sample{At: 1000, Error: -0.5})
	s, settled := s.Fold(sample.Sample{At: 3000, Error: 0.25, Job: 1})
	seconds, _ := s.ExecutionSeconds()
	fmt.Println(s.Max().Error, s.Min().Error, seconds, settled.At)
	// Output: 0.25 -0.5 2 1000
}

func TestMerge(t *testing.T) {
	t.Parallel()
	at := func(seconds int64, value float64) sample.Sample {
		return sample.Sample{At: 1000 * seconds, Error: value}
	}
	low, high, last := at(2, -1), at(4, 1), at(6, 0)
	folded := summary.Summary{First: &low, Low: &low, High: &high, Last: &last}
	tests := map[string]struct {
		summary summary.Summary
		history []sample.Sample
		want    []sample.Sample
	}{
		"no sample":                     {summary.Summary{}, nil, nil},
		"an empty history":              {folded, nil, []sample.Sample{low, high, last}},
		"a history without extremes":    {folded, []sample.Sample{at(1, 0), at(3, 0), at(5, 0)}, []sample.Sample{at(1, 0), low, at(3, 0), high, at(5, 0), last}},
		"a history with the extremes":   {folded, []sample.Sample{low, at(3, 0), high}, []sample.Sample{low, at(3, 0), high, last}},
		"samples that are not in order": {folded, []sample.Sample{at(5, 0), at(1, 0)}, []sample.Sample{at(1, 0), low, high, at(5, 0), last}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			history := slices.Clone(tt.history)
			if diff := cmp.Diff(tt.want, tt.summary.Merge(tt.history), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Merge (-want +got):\n%s", diff)
			}
			if !slices.Equal(history, tt.history) {
				t.Error("Merge changed the history that it was given")
			}
		})
	}
}
