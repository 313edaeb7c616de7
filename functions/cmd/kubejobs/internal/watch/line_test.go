package watch

import (
	"strings"
	"testing"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/monitor"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 5, 41, 20, 0, time.UTC)
	at := func(d time.Duration) *time.Time {
		moment := now.Add(d)
		return &moment
	}
	half := monitor.Status{
		ID: "demo", Phase: job.PhaseRunning, Items: 6, Submitted: now.Add(-20 * time.Second), Deadline: now.Add(9 * time.Second),
		Progress: &progress.Progress{Job: 0.452, Time: 0.501, Error: -0.049},
		Last:     &monitor.SampleStatus{Replicas: 4}, Rate: 131.04,
	}
	const shown = "demo running  [===========-|-----------]  45.2 % done, time  50.1 % (-4.9)  131.0/s  4 replicas  "
	tests := map[string]struct {
		change func(*monitor.Status)
		want   string
	}{
		"no sample yet": {
			func(s *monitor.Status) { s.Phase, s.Progress, s.Last = job.PhasePending, nil, nil },
			"demo pending  no sample yet (6 items, deadline 05:41:29)",
		},
		"finish unknown": {func(*monitor.Status) {}, shown + "finish not known yet"},
		"long over": {
			func(s *monitor.Status) {
				s.Deadline, s.Progress = *at(-11 * time.Minute), &progress.Progress{Time: 28.43, Error: -28.43}
			},
			"demo running  [------------------------]   0.0 % done, time over 1000 %  131.0/s  4 replicas  the deadline passed 11m0s ago",
		},
		"late":  {func(s *monitor.Status) { s.Finish = at(11 * time.Second) }, shown + "finish in 11 s, 2 s late"},
		"early": {func(s *monitor.Status) { s.Finish = at(3 * time.Second) }, shown + "finish in 3 s, 6 s early"},
		"with a probability": {
			func(s *monitor.Status) {
				miss, asked := 0.914, int64(6)
				s.Finish, s.Forecast = at(11*time.Second), &job.Forecast{Miss: &miss, Asked: &asked}
			},
			strings.Replace(shown, "4 replicas", "4 of 6 replicas", 1) + "finish in 11 s, 2 s late, P(miss) 91 %",
		},
		"as many replicas as asked for": {
			func(s *monitor.Status) {
				asked := int64(4)
				s.Forecast = &job.Forecast{Asked: &asked}
			},
			shown + "finish not known yet",
		},
		"stalled, the cause is known": {
			func(s *monitor.Status) {
				s.Health, s.Forecast = forecast.StatusStalled, &job.Forecast{Quiet: 40.4, Cause: forecast.CauseNoReplica}
			},
			shown + "stalled for 40 s: no replica works",
		},
		"on time": {func(s *monitor.Status) { s.Finish = at(9 * time.Second) }, shown + "finish in 9 s, 0 s early"},
		"stalled": {
			func(s *monitor.Status) { s.Finish, s.Health = at(11*time.Second), forecast.StatusStalled }, shown + "stalled",
		},
		"finish in the past": {func(s *monitor.Status) { s.Finish = at(-time.Second) }, shown + "finish in 0 s, 10 s early"},
		"not observed": {
			func(s *monitor.Status) { s.Failures, s.LastError = 3, "queue: connection\nrefused" },
			shown + "not observed 3 times in a row: queue: connection refused",
		},
		"failed without a sample": {
			func(s *monitor.Status) {
				s.Phase, s.Progress, s.Last, s.Reason, s.EndedAt = job.PhaseFailed, nil, nil, "the Job is gone", at(0)
			},
			"demo failed    failed after 20.0 s: the Job is gone",
		},
		"ended": {
			func(s *monitor.Status) {
				s.Phase, s.Reason, s.EndedAt = job.PhaseFinished, "all items are done", at(500*time.Millisecond)
				s.Progress = &progress.Progress{Job: 1, Time: 0.5, Error: 0.5}
			},
			"demo finished [============|===========] 100.0 % done, time  50.0 % (+50.0)  131.0/s  4 replicas  " +
				"finished after 20.5 s: all items are done",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := half
			tt.change(&s)
			if s.Finish != nil { // as the server does
				spare := s.Deadline.Sub(*s.Finish).Seconds()
				s.Margin = &spare
			}
			if got := progressLine(s, now, 0); got != tt.want {
				t.Errorf("line:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestBar(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		done, due float64
		want      string
	}{
		"nothing done or due": {0, 0, "|-----------------------"},
		"half done, half due": {0.5, 0.5, "============|-----------"},
		"ahead":               {0.75, 0.25, "======|===========------"},
		"behind":              {0.25, 0.75, "======------------|-----"},
		"all done":            {1, 0.5, "============|==========="},
		"all due":             {0.5, 1, "============------------"},
		"overdue":             {0.5, 7, "============------------"},
		"just below all due":  {0, 0.9999999, "-----------------------|"},
		"done above 1":        {1.5, 2, "========================"},
		"done below 0":        {-1, 2, "------------------------"},
		"due below 0":         {0, -1, "------------------------"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := bar(tt.done, tt.due, barWidth); got != tt.want {
				t.Errorf("bar(%v, %v) = %s, want %s", tt.done, tt.due, got, tt.want)
			}
		})
	}
}

// A line is never wider than asked for, and says as much as fits: the rate goes
// first, then the replicas, then the time.
func TestProgressLineFits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 5, 41, 20, 0, time.UTC)
	ended := now
	finish, late := now.Add(11*time.Second), -2.
	running := monitor.Status{
		ID: "demo", Phase: job.PhaseRunning, Items: 6, Submitted: now.Add(-20 * time.Second), Deadline: now.Add(9 * time.Second),
		Progress: &progress.Progress{Job: 0.452, Time: 0.501, Error: -0.049},
		Last:     &monitor.SampleStatus{Replicas: 4}, Rate: 131.04, Finish: &finish, Margin: &late,
	}
	pending, failed, long := running, running, running
	pending.Phase, pending.Progress, pending.Last = job.PhasePending, nil, nil
	failed.Phase, failed.EndedAt, failed.Reason = job.PhaseFailed, &ended, strings.Repeat("界\x1b[2J ", 40)
	long.ID = job.ID(strings.Repeat("a", 63))
	for name, s := range map[string]monitor.Status{"running": running, "pending": pending, "failed": failed, "a long id": long} {
		for width := 1; width <= 200; width++ {
			line := progressLine(s, now, width)
			if got := screen.Cells(line); got > width || got == 0 || strings.ContainsAny(line, "\x1b\n\r") {
				t.Errorf("%s in %d columns: %d columns: %q", name, width, got, line)
			}
		}
	}
	for width, want := range map[int][]string{
		200: {"131.0/s", "4 replicas", "time  50.1 %", barOf(running, barWidth), "finish in 11 s, 2 s late"},
		119: {"4 replicas", "time  50.1 %", barOf(running, barWidth), "finish in 11 s, 2 s late"},
		104: {"time  50.1 %", barOf(running, barWidth), "finish in 11 s, 2 s late"},
		83:  {barOf(running, barWidth), "45.2 % done", "finish in 11 s, 2 s late"},
		78:  {barOf(running, shortBar), "45.2 % done", "finish in 11 s, 2 s late"},
		39:  {"demo", "45.2 %", "finish in 11 s, 2 s late"},
	} {
		line := progressLine(running, now, width)
		for _, part := range want {
			if !strings.Contains(line, part) {
				t.Errorf("in %d columns the line lacks %q: %s", width, part, line)
			}
		}
	}
}

func barOf(s monitor.Status, width int) string {
	return "[" + bar(s.Progress.Job, s.Progress.Time, width) + "]"
}
