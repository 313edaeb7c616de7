package monitor_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// The run of the original that was captured: 6 items, 60 s, samples at 2, 4, 6
// and 8 s.
func TestReport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	for i, count := range []job.QueueCount{
		{Queued: 3, InFlight: 3}, {Queued: 1, InFlight: 2}, {InFlight: 1, Results: 5}, {Results: 6},
	} {
		b.queue.Set(count, nil)
		b.at(time.Duration(2*i+2) * time.Second)
		b.tick(string(rune('a'+i)), monitor.OutcomeSampled)
	}
	report, err := b.service.Report(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if report.Outcome == nil || report.Outcome.DeadlineMet == nil || *report.Outcome.DeadlineMet != report.DeadlineMet {
		t.Errorf("outcome %+v, want one with the verdict", report.Outcome)
	}
	report.Outcome = nil
	expectJSON(t, report, `{
		"execution_time": 6,
		"final_error": [0.8666666666666667, "2026-11-24T05:41:15Z"],
		"final_replicas": 1,
		"heuristic_options": null,
		"max_error": [0.8666666666666667, "2026-11-24T05:41:15Z"],
		"min_error": [-0.03333333333333333, "2026-11-24T05:41:09Z"],
		"scaling_strategy": "default",
		"phase": "finished", "reason": "the queue is empty",
		"deadline_met": true, "late": false, "spare_seconds": 52}`)
	detailed, err := b.service.Detailed(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	expectJSON(t, detailed, `{
		"2026-11-24T05:41:09Z": {"error": -0.03333333333333333, "job_progress": 0, "replicas": 3, "time_progress": 0.03333333333333333},
		"2026-11-24T05:41:11Z": {"error": 0.43333333333333335, "job_progress": 0.5, "replicas": 2, "time_progress": 0.06666666666666667},
		"2026-11-24T05:41:13Z": {"error": 0.7333333333333334, "job_progress": 0.8333333333333334, "replicas": 1, "time_progress": 0.1},
		"2026-11-24T05:41:15Z": {"error": 0.8666666666666667, "job_progress": 1, "replicas": 0, "time_progress": 0.13333333333333333}}`)
}

func TestReportWithoutASample(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(job.QueueCount{}, errors.New("refused"))
	b.start("a")
	for i := range retries {
		b.at(time.Duration(2*i+2) * time.Second)
		b.tick(string(rune('a'+i)), monitor.OutcomeFailed)
	}
	report, err := b.service.Report(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if report.Outcome == nil || report.Outcome.DeadlineMet == nil || *report.Outcome.DeadlineMet != report.DeadlineMet {
		t.Errorf("outcome %+v, want one with the verdict", report.Outcome)
	}
	report.Outcome = nil
	expectJSON(t, report, `{
		"execution_time": null, "final_error": [null, null], "final_replicas": null, "heuristic_options": null,
		"max_error": [null, null], "min_error": [null, null], "scaling_strategy": "default",
		"phase": "failed", "reason": "3 failures in a row, the last: refused",
		"deadline_met": false, "late": false, "spare_seconds": 54}`)
	if detailed, err := b.service.Detailed(t.Context(), "a"); err != nil || len(detailed) != 0 {
		t.Errorf("Detailed = %v, %v, want none", detailed, err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	if err := b.service.Stop(t.Context(), "a"); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("stop of an unknown job: %v, want %v", err, monitor.ErrUnknownJob)
	}
	b.start("a")
	for range 2 { // the second changes nothing
		if err := b.service.Stop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.service.Report(t.Context(), "a"); !errors.Is(err, monitor.ErrNoReport) {
		t.Errorf("report: %v, want %v", err, monitor.ErrNoReport)
	}
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeEnded)
	if got := b.status(); got.Phase != job.PhaseStopped || b.scheduler.Has("a") || len(b.published()) != 0 {
		t.Errorf("after stop: %+v", got)
	}
}

func expectJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(want), &a), json.Unmarshal(text, &b)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}
