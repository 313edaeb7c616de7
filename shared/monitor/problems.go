package monitor

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// Problem is something that is wrong with a job, in words.
type Problem struct {
	Text  string     `json:"text"`
	Since *time.Time `json:"since,omitempty"` // absent if unknown
}

// silentPeriods is how many periods without a tick are a problem, silentLeast how long
// that must be at least: a tick may be late by the sender's jitter and retries.
const (
	silentPeriods = 5
	silentLeast   = 15 * time.Second
)

// problems returns what is wrong with a job, the worst first. state is that of a job whose
// record could be read.
func (s Status) problems(state job.State, now time.Time) []Problem {
	found := []Problem{}
	add := func(since *time.Time, format string, args ...any) {
		found = append(found, Problem{Text: fmt.Sprintf(format, args...), Since: since})
	}
	if !s.Phase.Living() {
		s.endProblems(add)
	} else {
		s.observationProblems(add)
		s.healthProblems(state, now, add)
		s.tickProblems(state, now, add)
		s.controlProblems(add)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Publishers)) {
		if p := s.Publishers[name]; p.Failing {
			add(nil, "The publisher %s fails: %s", name, p.LastError)
		}
	}
	if s.Unsent > 0 {
		add(nil, "%d events wait for a receiver", s.Unsent)
	}
	for _, warning := range s.Warnings {
		add(nil, "%s", warning)
	}
	return found
}

type addProblem func(since *time.Time, format string, args ...any)

func (s Status) endProblems(add addProblem) {
	if s.Phase == job.PhaseFailed {
		add(s.EndedAt, "The job failed: %s", s.Reason)
	}
	if s.Verdict != nil && !s.DeadlineMet && s.Phase == job.PhaseFinished {
		add(&s.Deadline, "The job finished %s after its deadline", duration(-s.Spare))
	}
}

func (s Status) observationProblems(add addProblem) {
	if u := s.Unobserved; u != nil {
		if u.Queue != nil {
			add(&u.Queue.Since, "The queue cannot be read: %s", u.Queue.Error)
		}
		if u.Kube != nil {
			add(&u.Kube.Since, "The status of the Kubernetes Job is unknown: %s", u.Kube.Error)
		}
	}
	if s.Failures > 0 && (s.Unobserved == nil || s.Unobserved.Queue == nil) {
		add(nil, "The last %d observations failed: %s", s.Failures, s.LastError)
	}
	if s.Health == forecast.StatusSuspended {
		add(nil, "Kubernetes has suspended the Job")
	}
}

func (s Status) healthProblems(state job.State, now time.Time, add addProblem) {
	late := now.After(s.Deadline)
	if late {
		add(&s.Deadline, "The deadline has passed")
	}
	switch f := s.Forecast; {
	case s.Health == forecast.StatusStalled && f != nil:
		since := now.Add(-state.Quiet(now)).UTC()
		add(&since, "No progress: %s", cmp.Or(f.Cause.Words(), "the cause is unknown"))
	case s.Health == forecast.StatusAtRisk && !late && f != nil && f.Miss != nil && s.Margin != nil && *s.Margin < 0:
		add(nil, "The deadline will be missed with a probability of %.0f %%: the job would finish %s late", 100**f.Miss, duration(-*s.Margin))
	case s.Health == forecast.StatusAtRisk && !late && f != nil && f.Miss != nil:
		add(nil, "The deadline will be missed with a probability of %.0f %%", 100**f.Miss)
	case s.Health == forecast.StatusAtRisk && !late:
		add(nil, "The deadline is at risk")
	}
}

func (s Status) tickProblems(state job.State, now time.Time, add addProblem) {
	if !s.Scheduled {
		add(nil, "The job has no schedule yet: the next sweep creates it")
	}
	last := time.UnixMilli(max(state.Ticks.LastArrived, state.Ticks.Since)).UTC()
	limit := max(silentPeriods*time.Duration(s.Period*float64(time.Second)), silentLeast)
	if now.Sub(last) > limit {
		add(&last, "No tick arrives")
	}
}

func (s Status) controlProblems(add addProblem) {
	c := s.Control
	if c == nil {
		return
	}
	if c.Error != "" {
		add(nil, "The number of replicas cannot be decided: %s", c.Error)
	}
	if c.Unreachable {
		add(nil, "No allowed number of replicas meets the deadline with a probability of %g", c.Confidence)
	}
	if c.Held {
		add(nil, "Somebody else asks for another number of replicas, which is respected")
	}
}

// duration returns seconds as a text, rounded to what a reader needs.
func duration(seconds float64) string {
	d := time.Duration(math.Min(math.Abs(seconds), math.MaxInt64/1e10) * float64(time.Second))
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
