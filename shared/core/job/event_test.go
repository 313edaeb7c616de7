package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

func TestEventData(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	first := sample.Sample{At: start.UnixMilli(), Job: 0.25, Replicas: 2}
	last := sample.Sample{At: start.UnixMilli() + 20_000, Job: 0.75, Time: 0.5, Error: 0.25, Replicas: 3}
	finish := start.Add(30 * time.Second) // a quarter in ten seconds
	replicas := last.Replicas
	basic := job.EventData{
		Job: "a", Phase: job.PhaseRunning, Items: 6, Submitted: start, Deadline: start.Add(time.Minute),
	}
	sampled := basic
	sampled.Timestamp, sampled.Replicas, sampled.Finish = last.At, &replicas, &finish
	sampled.Progress = &progress.Progress{Job: 0.75, Time: 0.5, Error: 0.25}

	tests := map[string]struct {
		summary summary.Summary
		want    func() job.EventData
	}{
		"without a sample": {summary.Summary{}, func() job.EventData { return basic }},
		"with samples": {
			summary.Summary{First: &first, Last: &last}, func() job.EventData { return sampled },
		},
		"one sample: no finish is known": {
			summary.Summary{First: &last, Last: &last}, func() job.EventData {
				d := sampled
				d.Finish = nil
				return d
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := running("")
			after.Summary = tt.summary
			zone := time.FixedZone("east", 3600)
			got, _ := job.EventPolicy{Enabled: true}.Append(spec, job.State{Phase: job.PhasePending}, after, nil, start.In(zone))
			want := []job.Event{{
				Job: "a", Life: spec.Life(), Sequence: 1, Kind: job.EventStarted, At: start, Data: tt.want(),
			}}
			if diff := cmp.Diff(want, got.Outbox); diff != "" {
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
		got, _ := job.EventPolicy{Enabled: true}.Append(newSpec(), running(""), running("").Ended(phase, "why", start), nil, start)
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
