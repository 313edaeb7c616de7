package watch

import (
	"fmt"
	"math"
	"strings"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/progress"
	"kubejobs/shared/monitor"
)

// Widths of the bar, and of an id that is cut, in characters.
const (
	barWidth   = 24
	shortBar   = 12
	shortID    = 16
	phaseWidth = 8
)

// longOver is the share of the time from which its figure says nothing any more.
const longOver = 10

// layout says what a line shows. Everything else is always there.
type layout struct {
	rate, replicas, time, phase bool
	bar, id                     int // widths; id 0 is not cut
}

// layouts are the layouts from the widest to the narrowest: the least important
// parts go first.
var layouts = []layout{
	{rate: true, replicas: true, time: true, phase: true, bar: barWidth},
	{replicas: true, time: true, phase: true, bar: barWidth},
	{time: true, phase: true, bar: barWidth},
	{phase: true, bar: barWidth},
	{phase: true, bar: shortBar},
	{phase: true},
	{},
	{id: shortID},
}

// progressLine returns one line about a job, with the median of its finish compared
// with the deadline, and the probability of missing that:
//
//	demo running  [=========|----------]  45.2 % done, time 50.1 % (-4.9)  131/s  4 of 6 replicas  finish in 11 s, 2 s late, P(miss) 91 %
//
// The bar shows the completed items; the mark shows where they should be by now. The
// line has at most width characters; width 0 is any width.
func progressLine(s monitor.Status, now time.Time, width int) string {
	line := ""
	for _, l := range layouts {
		line = l.line(s, now)
		if width == 0 || screen.Cells(line) <= width {
			return line
		}
	}
	return screen.Cut(line, width)
}

func (l layout) line(s monitor.Status, now time.Time) string {
	id := string(s.ID)
	if l.id > 0 {
		id = screen.Cut(id, l.id)
	}
	if l.phase {
		id += fmt.Sprintf(" %-*s", phaseWidth, screen.Printable(string(s.Phase)))
	}
	ending := screen.Printable(expectation(s, now))
	switch {
	case s.Progress != nil:
		return id + l.progress(s) + "  " + ending
	case s.EndedAt != nil || s.Failures > 0:
		return id + "  " + ending
	case l.time:
		return fmt.Sprintf("%s no sample yet (%d items, deadline %s)", id, s.Items, s.Deadline.Format(time.TimeOnly))
	default:
		return id + " no sample yet"
	}
}

// progress returns the middle of a line.
func (l layout) progress(s monitor.Status) string {
	text := ""
	if l.bar > 0 {
		text = " [" + bar(s.Progress.Job, s.Progress.Time, l.bar) + "]"
	}
	text += fmt.Sprintf(" %5.1f %%", 100*s.Progress.Job)
	if l.phase {
		text += " done"
	}
	if l.time {
		text += timeUsed(*s.Progress)
	}
	if l.rate {
		text += fmt.Sprintf("  %.1f/s", s.Rate)
	}
	if l.replicas && s.Last != nil {
		text += "  " + replicas(s)
	}
	return text
}

// replicas returns how many replicas work, and how many the job asks for if those are
// others.
func replicas(s monitor.Status) string {
	if f := s.Forecast; f != nil && f.Asked != nil && *f.Asked != s.Last.Replicas {
		return fmt.Sprintf("%d of %d replicas", s.Last.Replicas, *f.Asked)
	}
	return fmt.Sprintf("%d replicas", s.Last.Replicas)
}

// timeUsed returns the share of the time that is used, and how far the job is ahead.
func timeUsed(p progress.Progress) string {
	if p.Time >= longOver {
		return fmt.Sprintf(", time over %d %%", 100*longOver)
	}
	return fmt.Sprintf(", time %5.1f %% (%+.1f)", 100*p.Time, 100*p.Error)
}

// bar returns a bar of the completed share with a mark at the due share.
func bar(done, due float64, width int) string {
	bar := []byte(strings.Repeat("-", width))
	for i := range int(math.Round(min(max(done, 0), 1) * float64(width))) {
		bar[i] = '='
	}
	if due >= 0 && due < 1 {
		bar[int(due*float64(width))] = '|'
	}
	return string(bar)
}

// expectation returns when the job will be done, or how it ended.
func expectation(s monitor.Status, now time.Time) string {
	switch {
	case s.EndedAt != nil:
		return fmt.Sprintf("%s after %.1f s: %s", s.Phase, s.EndedAt.Sub(s.Submitted).Seconds(), s.Reason)
	case s.Failures > 0:
		return fmt.Sprintf("not observed %d times in a row: %s", s.Failures, s.LastError)
	case s.Health == forecast.StatusStalled:
		return stall(s)
	case s.Finish == nil && now.After(s.Deadline):
		return fmt.Sprintf("the deadline passed %v ago", now.Sub(s.Deadline).Round(time.Second))
	case s.Finish == nil:
		return "finish not known yet"
	}
	text := fmt.Sprintf("finish in %.0f s", math.Max(s.Finish.Sub(now).Seconds(), 0))
	if s.Margin != nil {
		word := "early"
		if *s.Margin < 0 {
			word = "late"
		}
		text += fmt.Sprintf(", %.0f s %s", math.Abs(*s.Margin), word)
	}
	if f := s.Forecast; f != nil && f.Miss != nil {
		text += fmt.Sprintf(", P(miss) %.0f %%", 100**f.Miss)
	}
	return text
}

// stall returns for how long a job has stalled, and why.
func stall(s monitor.Status) string {
	f := s.Forecast
	if f == nil || f.Cause.Words() == "" {
		return "stalled"
	}
	return fmt.Sprintf("stalled for %.0f s: %s", f.Quiet, f.Cause.Words())
}
