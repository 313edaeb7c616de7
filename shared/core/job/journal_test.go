package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 6, 0, 0, 123456789, time.UTC)
	spec := job.Spec{ID: "a", Items: 100, Budget: time.Minute, Submitted: at}
	living := func(change func(*job.State)) job.State {
		s := job.State{Phase: job.PhaseRunning, WorkSeen: true}
		change(&s)
		return s
	}
	health := func(h forecast.Status) job.State { return living(func(s *job.State) { s.Health.Status = h }) }
	gap := living(func(s *job.State) { s.QueueGap = &job.Gap{Error: "refused\x1b[2J"} })
	suspended := living(func(s *job.State) { s.Suspended = true })
	scaled := living(func(s *job.State) {
		s.Control = &job.Controlled{}
		s.Changes = s.Changes.Append(job.ScaleChange{From: 2, To: 6, Reason: "P(in time) was 0.30"})
	})
	tests := map[string]struct {
		before, after job.State
		prospect      *forecast.Prospect
		want          []string // type and text
	}{
		"nothing": {health(""), health(""), nil, nil},
		"work was seen": {
			job.State{Phase: job.PhasePending},
			health(""), nil,
			[]string{"started work was seen: 100 items, until 2026-11-24T06:01:00Z"},
		},
		"at risk": {health(""), health(forecast.StatusAtRisk), nil, []string{"at-risk the job is behind"}},
		"at risk, by how much": {
			health(""), health(forecast.StatusAtRisk), late(spec),
			[]string{"at-risk the probability of missing the deadline is 100 %, the finish is expected 29 s late"},
		},
		"stalled":          {health(""), health(forecast.StatusStalled), nil, []string{"stalled no progress: no replica works"}},
		"advances again":   {health(forecast.StatusStalled), health(""), nil, []string{"recovered the job advances again"}},
		"no risk any more": {health(forecast.StatusAtRisk), health(""), nil, []string{"recovered the deadline is not at risk any more"}},
		"scaled":           {health(""), scaled, nil, []string{"scaled 2 to 6 replicas: P(in time) was 0.30"}},
		"unobserved":       {health(""), gap, nil, []string{"unobserved the queue cannot be read: refused [2J"}},
		"still unobserved": {gap, gap, nil, nil},
		"observed":         {gap, health(""), nil, []string{"observed the queue can be read again"}},
		"suspended":        {health(""), suspended, nil, []string{"suspended Kubernetes has suspended the Job"}},
		"resumed":          {suspended, health(""), nil, []string{"resumed Kubernetes has resumed the Job"}},
		"the end of a gap": {
			gap, health("").Ended(job.PhaseFinished, "the queue is empty", at), nil,
			[]string{"observed the queue can be read again", "finished the queue is empty"},
		},
		"an ended job": {health("").Ended(job.PhaseFinished, "x", at), health("").Ended(job.PhaseStopped, "y", at), nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range job.Journal(spec, tt.before, tt.after, tt.prospect, at) {
				got = append(got, string(e.Kind)+" "+e.Text)
				if !e.At.Equal(at.Truncate(time.Millisecond)) {
					t.Errorf("at %v, want %v", e.At, at)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJournalBoundsTexts(t *testing.T) {
	t.Parallel()
	before := job.State{Phase: job.PhaseRunning}
	after := job.State{Phase: job.PhaseRunning, QueueGap: &job.Gap{Error: strings.Repeat("long ", 100)}}
	entries := job.Journal(job.Spec{}, before, after, nil, time.Time{})
	if len(entries) != 1 || len([]rune(entries[0].Text)) != 200 {
		t.Errorf("entries %v, want one of 200 characters", entries)
	}
}

// late returns the prospect of a job that completed 40 of 100 items in the 40 s before at,
// with one replica.
func late(spec job.Spec) *forecast.Prospect {
	var c forecast.Course
	for i := range int64(41) {
		c.Add(forecast.Point{At: spec.Deadline().UnixMilli() + 1000*(i-70), Items: 100, Done: float64(i), Working: 1})
	}
	return c.Prospect(c.Model(), forecast.Ask(c.Last, 1, spec.Deadline(), .9))
}
