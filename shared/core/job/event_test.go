package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
)

func TestEventData(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	basic := job.EventData{
		Job: "a", Phase: job.PhaseRunning, Items: 6, Submitted: start, Deadline: start.Add(time.Minute),
	}
	replicas := int64(2)
	tests := map[string]struct {
		samples int
		finish  bool // is known
	}{
		"without a sample":                  {0, false},
		"one sample: the finish is unknown": {1, false},
		"with samples":                      {5, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, want := running(""), basic
			for i := range tt.samples {
				obs := observed(float64(5*i), job.QueueCount{Queued: 4 - int64(i), InFlight: 2}, nil)
				after = advance(spec, after, obs, limit).State
			}
			if last := after.Summary.Last; last != nil {
				want.Timestamp, want.Replicas = last.At, &replicas
				want.Progress = &progress.Progress{Job: last.Job, Time: last.Time, Error: last.Error}
				want.Forecast = job.NewForecast(after, after.Outlook(spec), start)
				want.Finish = want.Forecast.P50
			}
			if (want.Finish != nil) != tt.finish {
				t.Fatalf("the finish is %v, want it known: %t", want.Finish, tt.finish)
			}
			zone := time.FixedZone("east", 3600)
			got, _ := job.EventPolicy{Enabled: true}.Append(spec, job.State{Phase: job.PhasePending}, after, nil, nil, start.In(zone))
			expected := []job.Event{{Job: "a", Life: spec.Life(), Sequence: 1, Kind: job.EventStarted, At: start, Data: want}}
			if diff := cmp.Diff(expected, got.Outbox); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if at := got.Outbox[0].At; at.Location() != time.UTC {
				t.Errorf("the event's time is %v, want UTC", at)
			}
		})
	}
}

// A finished and a failed job's event has the report, a stopped one's has not.
func TestEventReport(t *testing.T) {
	t.Parallel()
	for phase, has := range map[job.Phase]bool{job.PhaseFinished: true, job.PhaseFailed: true, job.PhaseStopped: false} {
		got, _ := job.EventPolicy{Enabled: true}.Append(newSpec(), running(""), running("").Ended(phase, "why", start), nil, nil, start)
		data := got.Outbox[0].Data
		if (data.Report != nil) != has || data.Reason != "why" || data.Phase != phase {
			t.Errorf("%s: %+v, want a report: %t", phase, data, has)
		}
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	if got := (job.Event{Job: "a-b", Life: 7, Sequence: 12}).ID(); got != "a-b-7-12" {
		t.Errorf("ID() = %q, want a-b-7-12", got)
	}
}
