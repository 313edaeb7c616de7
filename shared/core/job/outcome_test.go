package job_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// at returns the Unix milliseconds so many seconds after the start.
func at(seconds float64) int64 {
	return start.Add(time.Duration(seconds * float64(time.Second))).UnixMilli()
}

// ran returns the state of a job of 100 items that worked from the start to 50 s, and
// the part of its course.
func ran(phase job.Phase) job.State {
	state := running("").Ended(phase, "why", start.Add(50*time.Second))
	state.Course = courseOf(
		forecast.Point{At: at(0), Items: 100, Working: 8}, forecast.Point{At: at(50), Items: 100, Done: 100, Working: 8})
	state.Summary.CompletedAt = at(49)
	state.Run = job.Run{
		Replicas: 400, Busy: 300, Stall: &job.Stall{Since: at(10), Until: at(25), Cause: forecast.CauseNoReplica},
		Milestones: []job.Milestone{
			{Share: .25, At: at(9), P10: at(30), P50: at(59), P90: at(80)},
			{Share: .5, At: at(29), P10: at(50), P50: at(51), P90: 0},
			{Share: .75, At: at(39), P10: at(40), P50: at(44), P90: at(48)},
		},
	}
	state.Changes = job.ScaleChanges{}.Append(job.ScaleChange{At: at(5), From: 4, To: 8, Reason: "late"})
	return state
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	const (
		work = `"mean_rate":2,"replica_seconds":400,"utilisation":0.75,"sufficient_replicas":7,` +
			`"scale_changes":[{"at":"2026-11-24T05:41:12Z","from":4,"to":8,"reason":"late"}],"scale_change_count":1,` +
			`"longest_stall":{"since":"2026-11-24T05:41:17Z","seconds":15,"cause":"no-replica-works"},`
		nothing = `"mean_rate":null,"replica_seconds":0,"utilisation":null,"sufficient_replicas":null,` +
			`"scale_changes":[],"scale_change_count":0,"longest_stall":null,"forecast_checks":[]}`
	)
	tests := map[string]struct {
		state job.State
		want  string
	}{
		"finished": {
			ran(job.PhaseFinished), `{"deadline_met":true,"spare_seconds":10,"margin":0.16666666666666666,` + work +
				`"forecast_checks":[` +
				`{"share":0.25,"at":"2026-11-24T05:41:16Z","finish_p50":"2026-11-24T05:42:06Z","error_seconds":10,"relative_error":0.25,"within_p10_p90":true},` +
				`{"share":0.5,"at":"2026-11-24T05:41:36Z","finish_p50":"2026-11-24T05:41:58Z","error_seconds":2,"relative_error":0.1,"within_p10_p90":false},` +
				`{"share":0.75,"at":"2026-11-24T05:41:46Z","finish_p50":"2026-11-24T05:41:51Z","error_seconds":-5,"relative_error":-0.5,"within_p10_p90":false}]}`,
		},
		"failed: there is no finish to compare with": {
			ran(job.PhaseFailed), `{"deadline_met":false,"spare_seconds":10,"margin":0.16666666666666666,` + work + `"forecast_checks":[]}`,
		},
		"stopped: there is no verdict": {
			ran(job.PhaseStopped), `{"deadline_met":null,"spare_seconds":null,"margin":null,` + work + `"forecast_checks":[]}`,
		},
		"nothing was observed": {
			running("").Ended(job.PhaseFailed, "why", start.Add(66*time.Second)),
			`{"deadline_met":false,"spare_seconds":-6,"margin":-0.1,` + nothing,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectJSON(t, job.NewOutcome(newSpec(), tt.state), tt.want)
		})
	}
}

func TestSufficientReplicas(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		items, doneBefore, done, replicaSeconds float64
		want                                    int64 // 0: none
	}{
		"the worked example":           {100, 0, 100, 400, 7},
		"all rounds are used":          {105, 0, 105, 420, 7},
		"one item more":                {106, 0, 106, 424, 8},
		"an item takes the whole time": {3, 0, 3, 180, 3},
		"an item takes longer":         {3, 0, 3, 181, 0},
		"some are left":                {100, 0, 50, 200, 7},
		"some were done before":        {100, 40, 100, 240, 4},
		"nothing is done":              {100, 0, 0, 400, 0},
		"no replica was seen":          {100, 0, 100, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := running("").Ended(job.PhaseFinished, "why", start)
			state.Course = courseOf(
				forecast.Point{At: at(0), Items: int64(tt.items), Done: tt.doneBefore},
				forecast.Point{At: at(50), Items: int64(tt.items), Done: tt.done})
			state.Run.Replicas = tt.replicaSeconds
			got := job.NewOutcome(newSpec(), state).Sufficient
			if (got != nil) != (tt.want != 0) || got != nil && *got != tt.want {
				t.Errorf("got %v, want %d", got, tt.want)
			}
		})
	}
}

func TestScaleChangesAreBounded(t *testing.T) {
	t.Parallel()
	var changes job.ScaleChanges
	for i := range int64(40) {
		before := changes
		changes = changes.Append(job.ScaleChange{At: i, From: i, To: i + 1, Reason: "late"})
		if before.Count != i || len(before.Last) > 0 && before.Last[len(before.Last)-1].At != i-1 {
			t.Fatalf("change %d changed the value before: %+v", i, before)
		}
	}
	if changes.Count != 40 || len(changes.Last) != 32 || changes.Last[0].At != 8 || changes.Last[31].At != 39 {
		t.Errorf("%d changes, of which %d are kept: %+v", changes.Count, len(changes.Last), changes.Last)
	}
}
