package forecast_test

import (
	"testing"

	"kubejobs/shared/core/forecast"
)

func TestCause(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pause forecast.Pause
		want  forecast.Cause
	}{
		"it advances":                         {forecast.Pause{Working: 3, Held: 3, Completed: true}, forecast.CauseNone},
		"no replica works":                    {forecast.Pause{Stalled: true, Held: 2, Grown: true}, forecast.CauseNoReplica},
		"nothing was completed ever":          {forecast.Pause{Stalled: true, Working: 3, Held: 3}, forecast.CauseNothingCompletes},
		"no replica takes an item":            {forecast.Pause{Stalled: true, Working: 3, Completed: true}, forecast.CauseNothingCompletes},
		"items are held":                      {forecast.Pause{Stalled: true, Working: 3, Held: 1, Completed: true}, forecast.CauseItemsHeld},
		"the queue grows":                     {forecast.Pause{Stalled: true, Working: 3, Held: 1, Completed: true, Grown: true}, forecast.CauseQueueGrows},
		"the queue grows and the job goes on": {forecast.Pause{Working: 3, Grown: true}, forecast.CauseNone},
		"suspended":                           {forecast.Pause{Suspended: true, Stalled: true}, forecast.CauseSuspended},
		"unobserved":                          {forecast.Pause{Unobserved: true, Suspended: true, Stalled: true}, forecast.CauseUnobserved},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.pause.Cause(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
