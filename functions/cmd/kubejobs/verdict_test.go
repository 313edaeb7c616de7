package main

import (
	"errors"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2026, 11, 24, 5, 41, 20, 0, time.UTC)
	ended := func(phase job.Phase, reason string, at time.Duration) answer {
		end := deadline.Add(at)
		return answer{Status: monitor.Status{Phase: phase, Reason: reason, Deadline: deadline, EndedAt: &end}}
	}
	told := ended(job.PhaseFinished, "", time.Second) // the server's own verdict counts
	met, spare := true, 7.04
	told.DeadlineMet, told.Spare = &met, &spare
	tests := map[string]struct {
		answer answer
		want   string
		status error
	}{
		"met":                   {ended(job.PhaseFinished, "the queue is empty", -5100*time.Millisecond), "deadline met, 5.1 s to spare", nil},
		"met to the instant":    {ended(job.PhaseFinished, "", 0), "deadline met, 0.0 s to spare", nil},
		"late":                  {ended(job.PhaseFinished, "", 16*time.Second), "16.0 s late", errLate},
		"late by a hair":        {ended(job.PhaseFinished, "", time.Millisecond), "0.1 s late", errLate},
		"as the server says":    {told, "deadline met, 7.0 s to spare", nil},
		"failed":                {ended(job.PhaseFailed, "the Job\ndoes not exist", -time.Hour), "failed: the Job does not exist", errFailed},
		"stopped with a reason": {ended(job.PhaseStopped, "asked to", 0), "stopped: asked to", errFailed},
		"a strange phase":       {ended("\x1b[31m", "", 0), " [31m", errFailed},
		"stopped":               {ended(job.PhaseStopped, "", 0), "stopped", errFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, status := tt.answer.verdict(); got != tt.want || !errors.Is(status, tt.status) {
				t.Errorf("verdict = %q, %v, want %q, %v", got, status, tt.want, tt.status)
			}
		})
	}
}
