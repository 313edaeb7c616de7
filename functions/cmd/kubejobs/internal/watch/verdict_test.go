package watch

import (
	"testing"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2026, 11, 24, 5, 41, 20, 0, time.UTC)
	ended := func(phase job.Phase, reason string, at time.Duration) monitor.Status {
		end := deadline.Add(at)
		return monitor.Status{Phase: phase, Reason: reason, Deadline: deadline, EndedAt: &end}
	}
	told := ended(job.PhaseFinished, "", time.Second) // the server's own verdict counts
	told.Verdict = &job.Verdict{DeadlineMet: true, Spare: 7.04}
	tests := map[string]struct {
		answer monitor.Status
		want   string
		status exit.Status
	}{
		"met":                   {ended(job.PhaseFinished, "the queue is empty", -5100*time.Millisecond), "deadline met, 5.1 s to spare", exit.OK},
		"met to the instant":    {ended(job.PhaseFinished, "", 0), "deadline met, 0.0 s to spare", exit.OK},
		"late":                  {ended(job.PhaseFinished, "", 16*time.Second), "16.0 s late", exit.Late},
		"late by a hair":        {ended(job.PhaseFinished, "", time.Millisecond), "0.1 s late", exit.Late},
		"as the server says":    {told, "deadline met, 7.0 s to spare", exit.OK},
		"failed":                {ended(job.PhaseFailed, "the Job\ndoes not exist", -time.Hour), "failed: the Job does not exist", exit.Lost},
		"stopped with a reason": {ended(job.PhaseStopped, "asked to", 0), "stopped: asked to", exit.Lost},
		"a strange phase":       {ended("\x1b[31m", "", 0), " [31m", exit.Lost},
		"stopped":               {ended(job.PhaseStopped, "", 0), "stopped", exit.Lost},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, status := Verdict(tt.answer); got != tt.want || status != tt.status {
				t.Errorf("verdict = %q, %v, want %q, %v", got, status, tt.want, tt.status)
			}
		})
	}
}
