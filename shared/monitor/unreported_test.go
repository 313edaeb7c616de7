package monitor_test

import (
	"context"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// With stored status, the end of a Job that was never reported is found by the
// sweep, which asks Kubernetes about jobs that look done.
func TestSweepFindsAnUnreportedEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  job.KubeStatus
		err     error
		queue   job.QueueCount
		phase   job.Phase
		samples int64
	}{
		"complete":              {job.KubeStatus{Started: true, Complete: true}, nil, empty, job.PhaseFinished, 2},
		"failed":                {job.KubeStatus{Started: true, Failed: true, Reason: "DeadlineExceeded"}, nil, empty, job.PhaseFailed, 2},
		"deleted":               {job.KubeStatus{}, &failure.Error{Kind: failure.KindNotFound}, empty, job.PhaseFinished, 2},
		"still working":         {job.KubeStatus{Active: 1, Started: true}, nil, empty, job.PhaseRunning, 1},
		"Kubernetes refuses":    {job.KubeStatus{}, &failure.Error{Kind: failure.KindInternal}, empty, job.PhaseRunning, 1},
		"it does not look done": {job.KubeStatus{Active: 1, Started: true}, nil, half, job.PhaseRunning, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.buildSwept(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return tt.answer, tt.err }))
			b.queue.Set(full, nil)
			b.start("a")
			if err := b.service.SaveKubeStatus(t.Context(), "a", job.KubeStatus{Active: 1, Started: true}, 1); err != nil {
				t.Fatal(err)
			}
			b.queue.Set(tt.queue, nil)
			b.pass(2 * time.Second)
			b.deliver("t1", 0, monitor.OutcomeSampled)
			b.pass(2 * time.Second)
			if _, err := b.service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := b.status()
			if got.Phase != tt.phase || got.Samples != tt.samples || b.scheduler.Has("a") != tt.phase.Living() {
				t.Errorf("%s (%s), %d samples, scheduled %t, want %s with %d", got.Phase, got.Reason, got.Samples, b.scheduler.Has("a"), tt.phase, tt.samples)
			}
			if n := int64(len(b.published())); n != tt.samples {
				t.Errorf("%d elements in the list, want %d", n, tt.samples)
			}
		})
	}
}

// A sweep over many healthy jobs with stored status asks Kubernetes about few.
func TestSweepAsksAboutFew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	asked := 0
	b.buildSwept(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		asked++
		return job.KubeStatus{Active: 1, Started: true}, nil
	}))
	b.queue.Set(full, nil)
	const many = 1000
	for i := range many {
		b.start(job.ID("job-" + string(rune('a'+i/100)) + string(rune('a'+i/10%10)) + string(rune('a'+i%10))))
	}
	b.sweep(monitor.Swept{Jobs: many, Schedules: many})
	if asked == 0 || asked > many/50 { // a hundredth is expected
		t.Errorf("Kubernetes was asked about %d of %d healthy jobs, want about a hundredth, and not none", asked, many)
	}
}
