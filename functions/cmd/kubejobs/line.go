package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/monitor"
)

// barWidth is the width of the bar in characters.
const barWidth = 24

// progressLine returns one line about a job, with its expected finish compared
// with the deadline:
//
//	demo running  [=========|----------]  45.2 % done, time 50.1 % (-4.9)  131/s  4 in flight  finish in 11 s, 2 s late
//
// The bar shows the completed items; the mark shows where they should be by now.
func progressLine(s monitor.Status, now time.Time) string {
	if s.Progress == nil {
		return fmt.Sprintf("%s %-8s no sample yet (%d items, deadline %s)", s.ID, s.Phase, s.Items, s.Deadline.Format(time.TimeOnly))
	}
	line := fmt.Sprintf("%s %-8s [%s] %5.1f %% done, time %5.1f %% (%+.1f)  %.1f/s  %d in flight",
		s.ID, s.Phase, bar(s.Progress.Job, s.Progress.Time), 100*s.Progress.Job, 100*s.Progress.Time,
		100*s.Progress.Error, s.Rate, s.Last.Replicas)
	return line + "  " + expectation(s, now)
}

// bar returns a bar of the completed share with a mark at the due share.
func bar(done, due float64) string {
	cells := []byte(strings.Repeat("-", barWidth))
	for i := range int(math.Round(min(max(done, 0), 1) * barWidth)) {
		cells[i] = '='
	}
	if due >= 0 && due < 1 {
		cells[int(due*barWidth)] = '|'
	}
	return string(cells)
}

// expectation returns when the job will be done.
func expectation(s monitor.Status, now time.Time) string {
	switch {
	case s.EndedAt != nil:
		return fmt.Sprintf("%s after %.1f s: %s", s.Phase, s.EndedAt.Sub(s.Submitted).Seconds(), s.Reason)
	case s.Health == forecast.StatusStalled:
		return "stalled"
	case s.Finish == nil:
		return "finish not known yet"
	}
	spare := s.Deadline.Sub(*s.Finish).Seconds()
	word := "early"
	if spare < 0 {
		word = "late"
	}
	return fmt.Sprintf("finish in %.0f s, %.0f s %s", math.Max(s.Finish.Sub(now).Seconds(), 0), math.Abs(spare), word)
}
