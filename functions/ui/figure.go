package ui

import (
	"fmt"
	"strconv"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// The figures of a status as texts. Scripts make the same texts, in field.js.

// done and gone return the ends of a bar and of its mark, in per cent.
func done(s any) float64 {
	if p := pointer(s).Progress; p != nil {
		return 100 * p.Job
	}
	return 0
}

func gone(s any) float64 {
	if p := pointer(s).Progress; p != nil {
		return 100 * min(p.Time, 1)
	}
	return 0
}

// pointer returns a status that may be behind a pointer.
func pointer(s any) *monitor.Status {
	switch s := s.(type) {
	case *monitor.Status:
		return s
	case monitor.Status:
		return &s
	default:
		return &monitor.Status{}
	}
}

func shareDone(s any) string {
	if p := pointer(s).Progress; p != nil {
		return percent(p.Job)
	}
	return unknown
}

func shareGone(s any) string {
	if p := pointer(s).Progress; p != nil {
		return percent(p.Time) + " of time"
	}
	return "no sample yet"
}

func items(s monitor.Status) string { return count(s.Items) + " items" }

func late(s any) bool {
	m := pointer(s).Margin
	return m != nil && *m < 0
}

func miss(s any) string {
	if f := pointer(s).Forecast; f != nil && f.Miss != nil {
		return chance(*f.Miss)
	}
	return unknown
}

// replicas returns how many replicas work, and of how many that are asked for.
func replicas(s any) string {
	status := pointer(s)
	working, asked := unknown, ""
	if status.Last != nil {
		working = count(status.Last.Replicas)
	}
	switch {
	case status.Forecast != nil && status.Forecast.Asked != nil:
		asked = " of " + count(*status.Forecast.Asked)
	case status.Control != nil && status.Control.Asked != nil:
		asked = " of " + count(*status.Control.Asked)
	}
	return working + asked
}

func needed(s monitor.Status) string {
	switch f := s.Forecast; {
	case f == nil:
		return ""
	case f.Needed != nil:
		return fmt.Sprintf("%s needed for %s", count(*f.Needed), percent(f.Confidence))
	case f.Enough:
		return "no number reaches " + percent(f.Confidence)
	default:
		return ""
	}
}

func rateNow(s monitor.Status) string {
	if s.Forecast != nil && s.Forecast.Rate != nil {
		return rate(*s.Forecast.Rate)
	}
	return rate(s.Rate)
}

func meanRate(s monitor.Status) string { return rate(s.Rate) }

// when returns the end of a job, its deadline while it lives, nil if neither is known.
func when(s any) *time.Time {
	status := pointer(s)
	switch {
	case status.EndedAt != nil:
		return status.EndedAt
	case status.Deadline.IsZero():
		return nil
	default:
		return &status.Deadline
	}
}

func p10(s monitor.Status) *time.Time {
	if s.Forecast == nil {
		return nil
	}
	return s.Forecast.P10
}

func p90(s monitor.Status) *time.Time {
	if s.Forecast == nil {
		return nil
	}
	return s.Forecast.P90
}

// field is a time that scripts fill in again.
type field struct {
	Name string
	At   any // nil: not known
}

func named(name string, at any) field {
	if t, ok := at.(*time.Time); ok && t == nil {
		at = nil
	}
	return field{name, at}
}

// input is a field of the form that starts a job.
type input struct {
	Name, Label, Hint string
	Number            bool
}

func newInput(name, label, hint string, number bool) input { return input{name, label, hint, number} }

// tone returns the state whose colour an event has.
func tone(kind job.EventKind) string {
	switch kind { //nolint:exhaustive // the others have the colour of the state of that name
	case job.EventStarted, job.EntryResumed, job.EventScaled:
		return string(job.PhaseRunning)
	case job.EventRecovered, job.EntryObserved:
		return string(job.PhaseFinished)
	default:
		return string(kind)
	}
}

// met returns whether a job met its deadline, for a style; "" if that is no question.
func met(r *job.Report) string {
	if r.Verdict == nil {
		return ""
	}
	return strconv.FormatBool(r.DeadlineMet)
}

func verdict(r *job.Report) string {
	switch v := r.Verdict; {
	case v == nil:
		return "The monitoring was stopped"
	case v.DeadlineMet:
		return "The deadline was met, with " + span(v.Spare) + " to spare"
	case r.Phase == job.PhaseFailed:
		return "The job failed, " + margin(&v.Spare)
	default:
		return "The deadline was missed by " + span(v.Spare)
	}
}

// off says how far a forecast was from the end.
func off(seconds, relative float64) string {
	if seconds < 0 {
		return fmt.Sprintf("%s too early (%s)", span(seconds), percent(-relative))
	}
	return fmt.Sprintf("%s too late (%s)", span(seconds), percent(relative))
}
