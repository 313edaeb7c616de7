package monitor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Kubernetes refuses, in whatever way: the job goes on by its queue, and the status
// says which half is missing, since when and why.
func TestKubernetesRefuses(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{
		"forbidden":         &failure.Error{Kind: failure.KindInternal, Message: "Kubernetes forbids it", Err: errors.New("token abc")},
		"refused":           failure.Refused("Kubernetes forbids it", errors.New("token abc")),
		"too many requests": failure.Unavailable("Kubernetes forbids it", nil),
		"a conflict":        &failure.Error{Kind: failure.KindConflict, Message: "Kubernetes forbids it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			answer, unread := job.KubeStatus{Active: 3, Started: true}, error(nil)
			b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return answer, unread }))
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			if got := b.status().Unobserved; got != nil {
				t.Errorf("unobserved %+v, want none", got)
			}
			unread = refusal
			b.queue.Set(half, nil)
			for i, id := range []string{"t2", "t3", "t4", "t5", "t6"} { // more than the failures that end a job
				b.at(time.Duration(4+2*i) * time.Second)
				b.tick(id, monitor.OutcomeSampled)
			}
			got := b.status()
			if got.Failures != 0 || got.Progress.Job != 0.5 || got.Last.Replicas != 3 || got.Health != forecast.StatusOK {
				t.Errorf("%d failures, progress %+v, replicas %d, %s, want the job to go on", got.Failures, got.Progress, got.Last.Replicas, got.Health)
			}
			u := got.Unobserved
			if u == nil || u.Queue != nil || u.Kube == nil || u.Kube.Error != "Kubernetes forbids it" || u.Kube.Since.Sub(b.clock()) != -8*time.Second {
				t.Errorf("unobserved %+v, want the job status since 8 s", u)
			}
		})
	}
}

// Kubernetes does not answer: the job goes on by its queue, with the replicas
// that it had.
func TestKubernetesUnreachable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	answer, unread := job.KubeStatus{Active: 3, Started: true}, error(nil)
	b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return answer, unread }))
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	answer, unread = job.KubeStatus{}, failure.Unavailable("unreachable", nil)
	for i, id := range []string{"t2", "t3", "t4", "t5"} { // more than the failures that end a job
		b.queue.Set(job.QueueCount{}, nil)
		b.at(time.Duration(4+2*i) * time.Second)
		b.tick(id, monitor.OutcomeSampled)
	}
	if got := b.status(); got.Failures != 0 || got.Last.Replicas != 3 || got.Phase != job.PhaseRunning {
		t.Errorf("%d failures, %d replicas, %s, want 0, 3, running", got.Failures, got.Last.Replicas, got.Phase)
	}
}

func TestSuspendedIsShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	b.start("a")
	b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{Suspended: true, Started: true}, nil
	}))
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	if got := b.status().Health; got != forecast.StatusSuspended {
		t.Errorf("health %s, want suspended", got)
	}
}

// With stored status no tick asks Kubernetes for the Job.
func TestStoredKubeStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buildStored()
	b.queue.Set(full, nil)
	changed := func(status job.KubeStatus, version uint64) {
		t.Helper()
		if err := b.service.SaveKubeStatus(t.Context(), "a", status, version); err != nil {
			t.Fatal(err)
		}
	}
	changed(job.KubeStatus{Active: 3, Started: true}, 7) // before the start: kept all the same
	b.start("a")
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	if got := b.status(); got.Last.Replicas != 3 || got.Phase != job.PhaseRunning {
		t.Errorf("replicas %d, phase %s, want 3, running", got.Last.Replicas, got.Phase)
	}

	changed(job.KubeStatus{Active: 1, Started: true}, 5) // an older event that comes late
	b.queue.Set(job.QueueCount{}, nil)                   // an empty queue is not the Job's end
	b.at(4 * time.Second)
	b.tick("t2", monitor.OutcomeSampled)
	if got := b.status(); got.Last.Replicas != 3 || !got.Phase.Living() {
		t.Errorf("replicas %d, phase %s, want 3 and living", got.Last.Replicas, got.Phase)
	}

	b.queue.Set(half, nil) // deleted with items left: a failure, until more is known
	changed(job.KubeStatus{Gone: true}, 8)
	b.at(6 * time.Second)
	b.tick("t3", monitor.OutcomeSampled)
	if got := b.status(); got.Failures != 1 || !got.Phase.Living() {
		t.Errorf("%d failures, %s, want one and a living job", got.Failures, got.Phase)
	}

	changed(job.KubeStatus{Started: true, Complete: true}, 9)
	b.at(8 * time.Second)
	b.tick("t4", monitor.OutcomeSampled)
	if got := b.status(); got.Phase != job.PhaseFinished {
		t.Errorf("phase %s, want finished", got.Phase)
	}
}

// With Kubernetes the conditions of the Job end a job.
func TestJobConditions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status job.KubeStatus
		count  job.QueueCount
		want   job.Phase
	}{
		"no pods yet":                    {job.KubeStatus{}, job.QueueCount{}, job.PhasePending},
		"suspended before its first pod": {job.KubeStatus{Suspended: true}, job.QueueCount{}, job.PhasePending},
		"pods run":                       {job.KubeStatus{Active: 2, Started: true}, job.QueueCount{}, job.PhaseRunning},
		"an empty queue, pods end":       {job.KubeStatus{Started: true}, empty, job.PhaseRunning},
		"complete":                       {job.KubeStatus{Started: true, Complete: true}, empty, job.PhaseFinished},
		"complete with items left":       {job.KubeStatus{Started: true, Complete: true}, half, job.PhaseFinished},
		"failed":                         {job.KubeStatus{Started: true, Failed: true, Reason: "BackoffLimitExceeded"}, half, job.PhaseFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.start("a")
			b.build(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return tt.status, nil }))
			b.queue.Set(tt.count, nil)
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			if got := b.status(); got.Phase != tt.want || got.Last.Replicas != tt.status.Active {
				t.Errorf("phase %s with %d replicas, want %s with %d", got.Phase, got.Last.Replicas, tt.want, tt.status.Active)
			}
		})
	}
}
