package schedule_test

import (
	"slices"
	"testing"
	"time"

	"kubejobs/shared/core/schedule"
)

// Every period that may be asked for has its schedule in the list, which has no other.
func TestAll(t *testing.T) {
	t.Parallel()
	want := map[schedule.Schedule]bool{}
	for period := time.Second; period <= 25*time.Hour; period += time.Second {
		want[schedule.Largest(period)] = true
	}
	all := schedule.All()
	if len(all) != len(want) || len(all) != 30 {
		t.Errorf("%d schedules, want the %d that there are", len(all), len(want))
	}
	for _, s := range all {
		if !want[s] {
			t.Errorf("%+v is nobody's schedule", s)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b schedule.Schedule) int { return int(a.Every - b.Every) }) {
		t.Errorf("not the shortest first: %v", all)
	}
}
