package monitor_test

import (
	"fmt"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// The end of an earlier Job of the same name does not end a job that was started
// after it. The end of its own Job does.
func TestEndOfAnEarlierJob(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]job.KubeStatus{
		"complete":               {Started: true, Complete: true},
		"failed":                 {Started: true, Failed: true, Reason: "BackoffLimitExceeded"},
		"deleted":                {Gone: true},
		"complete, then deleted": {Started: true, Complete: true, Gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.buildStored()
			b.queue.Set(half, nil)
			b.report(end, 7)
			b.pass(time.Second)
			b.start("a")
			b.pass(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			got := b.status()
			if !got.Phase.Living() || got.Failures != 0 || got.Unobserved == nil || got.Unobserved.Kube == nil {
				t.Fatalf("%s (%s), %d failures, unobserved %+v, want a living job whose Job was not heard of",
					got.Phase, got.Reason, got.Failures, got.Unobserved)
			}
			b.report(job.KubeStatus{Active: 2, Started: true}, 8)
			b.pass(2 * time.Second)
			b.tick("t2", monitor.OutcomeSampled)
			if got := b.status(); got.Last.Replicas != 2 || got.Unobserved != nil {
				t.Errorf("%d replicas, unobserved %+v, want those of the new Job", got.Last.Replicas, got.Unobserved)
			}
			b.report(job.KubeStatus{Started: true, Complete: true}, 9)
			b.pass(2 * time.Second)
			b.tick("t3", monitor.OutcomeSampled)
			if got := b.status(); got.Phase != job.PhaseFinished {
				t.Errorf("%s, want finished: its own Job is complete", got.Phase)
			}
		})
	}
}

// report reports a change of the Kubernetes Job of job a.
func (b *bench) report(status job.KubeStatus, version uint64) {
	b.t.Helper()
	if err := b.service.SaveKubeStatus(b.t.Context(), "a", status, version); err != nil {
		b.t.Fatal(err)
	}
}

// A Job fails, or is deleted, with items left, and nobody reports that. The job
// stalls, and so the sweep asks Kubernetes.
func TestSweepAsksAboutStalledJobs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status *job.KubeStatus // nil: there is no Job
		phase  job.Phase
		reason string
	}{
		"failed": {
			&job.KubeStatus{Started: true, Failed: true, Reason: "BackoffLimitExceeded"}, job.PhaseFailed,
			"the Job failed: BackoffLimitExceeded; 3 of 6 items are left; 3 of 6 items have a result",
		},
		"deleted": {nil, job.PhaseFailed, "the Job was deleted; 3 of 6 items are left; 3 of 6 items have a result"},
		"working": {&job.KubeStatus{Active: 1, Started: true}, job.PhaseRunning, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cluster := &monitortest.KubeJobs{}
			if tt.status != nil {
				cluster.Set("a", *tt.status)
			}
			b.buildSwept(cluster)
			b.queue.Set(half, nil)
			b.start("a")
			b.report(job.KubeStatus{Active: 1, Started: true}, 1)
			for n := range 15 {
				b.pass(2 * time.Second)
				b.tick(fmt.Sprintf("t%d", n), monitor.OutcomeSampled)
			}
			if _, err := b.service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := b.status(); got.Phase != tt.phase || got.Reason != tt.reason {
				t.Errorf("%s (%s), want %s (%s)", got.Phase, got.Reason, tt.phase, tt.reason)
			}
		})
	}
}
