// Package control decides with how many replicas a job meets its deadline.
package control

import (
	"time"

	"kubejobs/shared/core/forecast"
)

// Policy is what the caller asked for.
type Policy struct {
	Min, Max   int64   // 1 <= Min <= Max
	Confidence float64 // the probability of meeting the deadline to aim at, in (0, 1)
	Graceful   bool    // a replica that is removed completes its item first
	// Hold is how long a change of the number of replicas that somebody else made is
	// respected; 0 if it is not noticed.
	Hold time.Duration
}

// Memory is what a policy remembers of its earlier decisions, in at most 1 KB of JSON.
// The zero value remembers none.
type Memory struct {
	Replicas int64 `json:"replicas,omitempty"` // decided last
}

// Decision is the number of replicas that a job should have, and why.
type Decision struct {
	Replicas int64
	Reason   string
	// Held means that somebody else's number is respected.
	Held bool
	// Unreachable means that not even Max replicas meet the deadline with the
	// confidence; Probability is theirs.
	Unreachable bool
	Probability float64 // of meeting the deadline with Replicas; 0 if unknown
}

// Decide returns the decision after a point. model is that of the course up to and with
// it; nil if there is not enough data.
func (p Policy) Decide(m Memory, point forecast.Point, model *forecast.Model, deadline time.Time) (Memory, Decision) {
	d := Decision{Replicas: min(max(point.Asked, p.Max/2, p.Min), p.Max), Reason: "start"}
	if model != nil {
		need := model.Needed(deadline.Sub(time.UnixMilli(point.At)), p.Confidence, p.Min, p.Max, !p.Graceful)
		d = Decision{Replicas: need.Replicas, Reason: "forecast", Unreachable: !need.Met, Probability: need.Probability}
	}
	m.Replicas = d.Replicas
	return m, d
}
