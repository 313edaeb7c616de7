package job

import (
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// newPoint returns the point of the course of a job at a sample.
func newPoint(spec *Spec, state *State, obs *Observation, x *sample.Sample) forecast.Point {
	_, last := state.Course.Ends()
	working := obs.working(state.KubeSeen, last.Working)
	return forecast.NewPoint(*x, spec.Items, working, asked(spec, state, obs), state.Suspended)
}

// asked returns how many replicas a job asks for; 0 if that is unknown.
func asked(spec *Spec, state *State, obs *Observation) int64 {
	if c := spec.Control; c != nil && c.Target == nil && state.Control != nil {
		return state.Control.Wanted // supervisors read it in Redis
	}
	return obs.asked(state.Asked)
}

// Prospect returns what the course of a job says about its end; nil before its first
// sample.
func (s State) Prospect(spec Spec) *forecast.Prospect {
	if s.Course == nil {
		return nil
	}
	return s.Course.Prospect(s.Course.Model(), s.Question(&spec))
}

// Outlook returns the outlook of Prospect; nil before the first sample.
func (s State) Outlook(spec Spec) *forecast.Outlook { return outlookOf(s.Prospect(spec)) }

func outlookOf(p *forecast.Prospect) *forecast.Outlook {
	if p == nil {
		return nil
	}
	o := p.Outlook()
	return &o
}

// Question returns what is asked of the course of a job unless a caller asks something
// else.
func (s *State) Question(spec *Spec) forecast.Question {
	c := spec.Control
	_, last := s.Course.Ends()
	if c == nil {
		return forecast.Ask(last, s.Summary.Replicas, spec.Deadline(), forecast.DefaultConfidence)
	}
	q := forecast.Ask(last, s.Summary.Replicas, spec.Deadline(), c.Confidence)
	q.Fleet.Kills, q.Least, q.Most = !c.Graceful, c.Min, max(c.Min, min(q.Most, c.Max))
	return q
}
