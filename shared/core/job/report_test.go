package job_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// The run of the original that was captured: 6 items, 60 s, samples at 2, 4, 6
// and 8 s.
func TestReport(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	spec.Strategy, spec.Heuristics = "pid", json.RawMessage(`{"kp":1}`)
	state := job.New(spec, true, nil)
	var samples []sample.Sample
	for i, queue := range []job.QueueCount{
		{Queued: 3, InFlight: 3}, {Queued: 1, InFlight: 2}, {InFlight: 1, Results: 5}, {Results: 6},
	} {
		transition := advance(spec, state, observed(float64(2*i+2), queue, nil), limit)
		state = transition.State
		samples = append(samples, *transition.Sample)
	}
	expectJSON(t, withoutOutcome(t, job.NewReport(spec, state)), `{"execution_time":6,`+
		`"final_error":[0.8666666666666667,"2026-11-24T05:41:15Z"],"final_replicas":1,"heuristic_options":{"kp":1},`+
		`"max_error":[0.8666666666666667,"2026-11-24T05:41:15Z"],"min_error":[-0.03333333333333333,"2026-11-24T05:41:09Z"],`+
		`"scaling_strategy":"pid","phase":"finished","reason":"the queue is empty",`+
		`"deadline_met":true,"late":false,"spare_seconds":52}`)
	detailed := job.NewDetailed(samples)
	want := job.Point{Error: 0.5 - 4.0/60, Job: 0.5, Replicas: 2, Time: 4.0 / 60}
	if got := detailed["2026-11-24T05:41:11Z"]; got != want || len(detailed) != 4 {
		t.Errorf("detailed report of %d seconds with %+v, want 4 with %+v", len(detailed), got, want)
	}
}

func TestReportWithoutASample(t *testing.T) {
	t.Parallel()
	state := job.State{Phase: job.PhaseFailed, Reason: "no answer", EndedAt: start.Add(61_500 * time.Millisecond).UnixMilli()}
	expectJSON(t, withoutOutcome(t, job.NewReport(newSpec(), state)), `{"execution_time":null,"final_error":[null,null],`+
		`"final_replicas":null,"heuristic_options":null,"max_error":[null,null],"min_error":[null,null],"scaling_strategy":"default",`+
		`"phase":"failed","reason":"no answer","deadline_met":false,"late":true,"spare_seconds":-1.5}`)
}

// withoutOutcome returns a report without its outcome, which TestOutcome checks.
func withoutOutcome(t *testing.T, r job.Report) job.Report {
	t.Helper()
	if r.Outcome == nil {
		t.Error("the report has no outcome")
	}
	r.Outcome = nil
	return r
}

func expectJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil || string(text) != want {
		t.Errorf("JSON %s, %v, want %s", text, err, want)
	}
}

// A second has one point: that of its last sample. Times before 1970 and
// milliseconds do not move it.
func TestDetailedHasOnePointASecond(t *testing.T) {
	t.Parallel()
	got := job.NewDetailed([]sample.Sample{{At: -1, Error: 1}, {At: 1000, Error: 2}, {At: 1999, Error: 3}, {At: 2000, Error: 4}})
	want := job.Detailed{
		"1969-12-31T23:59:59Z": {Error: 1}, "1970-01-01T00:00:01Z": {Error: 3}, "1970-01-01T00:00:02Z": {Error: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("NewDetailed (-want +got):\n%s", diff)
	}
}

// Events with a report travel through the state's JSON.
func TestTimedErrorReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	value, second := -0.25, "2026-11-24T05:41:09Z"
	for name, want := range map[string]job.TimedError{
		"a sample":  {Value: &value, Second: &second},
		"no sample": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got job.TimedError
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", text, diff)
			}
		})
	}
	var wrong job.TimedError
	if err := json.Unmarshal([]byte(`{"value":1}`), &wrong); err == nil {
		t.Errorf("an object was read as %+v, want an error", wrong)
	}
}
