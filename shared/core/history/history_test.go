package history_test

import (
	"testing"

	"kubejobs/shared/core/history"
)

// thirtyDays is the number of ticks of a job that runs a month at 2 s.
const thirtyDays = 30 * 24 * 3600 / 2

func TestHistoryIsBoundedAndEven(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ samples int64 }{
		"a minute": {30}, "just full": {history.Max}, "one over": {history.Max + 1},
		"a day": {24 * 3600 / 2}, "a month": {thirtyDays},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var index history.Index
			var kept []int64
			for n := range tt.samples {
				var step history.Step
				index, step = index.Offer()
				if step.Halve {
					kept = everySecond(kept)
				}
				if step.Keep {
					kept = append(kept, n)
				}
				if index.Stored != int64(len(kept)) || len(kept) > history.Max {
					t.Fatalf("after sample %d: index says %d, %d kept, at most %d allowed", n, index.Stored, len(kept), history.Max)
				}
			}
			for i, n := range kept {
				if n != int64(i)*index.Stride {
					t.Fatalf("kept sample %d is number %d, want %d (stride %d)", i, n, int64(i)*index.Stride, index.Stride)
				}
			}
			if last := kept[len(kept)-1]; tt.samples-last > index.Stride {
				t.Errorf("the end of the run is not covered: last kept %d of %d, stride %d", last, tt.samples, index.Stride)
			}
			if tt.samples > history.Max && len(kept) < history.Max/2 {
				t.Errorf("kept %d, want at least %d", len(kept), history.Max/2)
			}
		})
	}
}

func everySecond(numbers []int64) []int64 {
	var kept []int64
	for i := 0; i < len(numbers); i += 2 {
		kept = append(kept, numbers[i])
	}
	return kept
}
