package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		phase job.Phase
		ended time.Duration // after the submission; the deadline is a minute
		want  *job.Verdict
	}{
		"in time":              {job.PhaseFinished, 54_900 * time.Millisecond, &job.Verdict{DeadlineMet: true, Spare: 5.1}},
		"at the deadline":      {job.PhaseFinished, time.Minute, &job.Verdict{DeadlineMet: true}},
		"late":                 {job.PhaseFinished, 76 * time.Second, &job.Verdict{Late: true, Spare: -16}},
		"failed in time":       {job.PhaseFailed, 10 * time.Second, &job.Verdict{Spare: 50}},
		"failed late":          {job.PhaseFailed, 90 * time.Second, &job.Verdict{Late: true, Spare: -30}},
		"stopped":              {job.PhaseStopped, 10 * time.Second, nil},
		"running":              {job.PhaseRunning, 0, nil},
		"not even running yet": {job.PhasePending, 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := job.State{Phase: tt.phase, EndedAt: start.Add(tt.ended).UnixMilli()}
			if diff := cmp.Diff(tt.want, job.NewVerdict(newSpec(), state)); diff != "" {
				t.Errorf("NewVerdict (-want +got):\n%s", diff)
			}
		})
	}
}
