package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		late = "the deadline passed 5m0s before the start"
		more = "the queue holds 7 items, more than the number_of_jobs, 6: the progress stays 0 until that many are left"
	)
	tests := map[string]struct {
		accepted time.Duration // after the submission; the deadline is a minute
		phase    job.Phase
		queue    *job.QueueCount
		want     []string
	}{
		"as it should be":                  {time.Second, job.PhaseRunning, &job.QueueCount{Queued: 4, InFlight: 2, Results: 9}, nil},
		"nothing seen":                     {time.Second, job.PhasePending, nil, nil},
		"accepted at the deadline":         {time.Minute, job.PhasePending, nil, nil},
		"the deadline is past":             {6 * time.Minute, job.PhasePending, nil, []string{late}},
		"more items":                       {time.Second, job.PhaseRunning, &job.QueueCount{Queued: 5, InFlight: 2}, []string{more}},
		"more items, the deadline is past": {6 * time.Minute, job.PhaseRunning, &job.QueueCount{Queued: 7}, []string{late, more}},
		"ended":                            {6 * time.Minute, job.PhaseFailed, &job.QueueCount{Queued: 7}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := newSpec()
			spec.Accepted = start.Add(tt.accepted)
			if diff := cmp.Diff(tt.want, job.Warnings(spec, job.State{Phase: tt.phase, Queue: tt.queue})); diff != "" {
				t.Errorf("Warnings (-want +got):\n%s", diff)
			}
		})
	}
}
