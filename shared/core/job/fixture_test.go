package job_test

import (
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

var start = time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)

// newSpec returns a job of 6 items and a minute, ticked every two seconds.
func newSpec() job.Spec {
	return job.Spec{
		ID: "a", Items: 6, Budget: time.Minute, Submitted: start, Period: 2 * time.Second,
		Strategy: "default", Accepted: start.Add(time.Second),
	}
}

// observed returns an observation that many seconds after the start. kube is nil
// without Kubernetes.
func observed(seconds float64, queue job.QueueCount, kube *job.KubeStatus) job.Observation {
	return job.Observation{
		At:    start.Add(time.Duration(seconds * float64(time.Second))),
		Queue: job.QueueHalf{Count: &queue},
		Kube:  job.KubeHalf{Asked: kube != nil, Status: kube},
	}
}

// limit is three consecutive failures, however soon.
var limit = job.FailureLimit{Count: 3}

// running returns the state of a running job whose health is status.
func running(status forecast.Status) job.State {
	return job.State{Phase: job.PhaseRunning, WorkSeen: true, Health: forecast.Health{Status: status}}
}

// courseOf returns the course of points.
func courseOf(points ...forecast.Point) *forecast.Course {
	var course forecast.Course
	for _, p := range points {
		course = course.Fold(p)
	}
	return &course
}
