package job

import (
	"math"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// defaultConfidence is the probability of meeting the deadline to aim at, unless a job or
// a caller names another one.
const defaultConfidence = 0.9

// maxFleet bounds the replicas that may be needed, unless a job names a bound or has
// more.
const maxFleet = 1000

// newPoint returns the point of the course of a job at a sample.
func newPoint(spec Spec, state State, obs Observation, x sample.Sample) forecast.Point {
	last := state.Course.Last
	asked := obs.asked(last.Asked)
	if c := spec.Control; c != nil && c.Target == nil && state.Control != nil {
		asked = state.Control.Wanted // supervisors read it in Redis
	}
	return forecast.NewPoint(x, spec.Items, obs.working(state.KubeSeen, last.Working), asked, state.Suspended)
}

// Outlook returns what the course of a job says about its end; nil before its first
// sample.
func (s State) Outlook(spec Spec) *forecast.Outlook {
	if s.Course.Count == 0 {
		return nil
	}
	o := forecast.NewOutlook(s.Course, s.Course.Model(), question(spec, s))
	return &o
}

// question returns what is asked of the course of a job unless a caller asks something
// else.
func question(spec Spec, state State) forecast.Question {
	last := state.Course.Last
	fleet := forecast.FleetOf(last, state.Summary.Replicas)
	left := int64(math.Ceil(max(float64(last.Items)-last.Done, 1)))
	if c := spec.Control; c != nil {
		return forecast.Question{
			Deadline: spec.Deadline(), Fleet: forecast.Fleet{Replicas: fleet, Kills: !c.Graceful}, Confidence: c.Confidence,
			Least: c.Min, Most: max(c.Min, min(left, c.Max)),
		}
	}
	return forecast.Question{
		Deadline: spec.Deadline(), Fleet: forecast.Fleet{Replicas: fleet, Kills: true}, Confidence: defaultConfidence,
		Least: 1, Most: min(left, max(maxFleet, fleet)),
	}
}
