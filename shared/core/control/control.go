// Package control decides with how many replicas a job meets its deadline.
//
// Decide is called once a tick, with what the tick observed, and aims at the least number
// of replicas with which the forecast is in time with the wanted probability. It raises the
// number at once and lowers it late and seldom: a deadline that is missed costs more than a
// minute of a spare replica, and a replica that is removed may lose its item. Two
// probabilities, one for each direction, and the largest recommendation of the last minute
// keep it from going up and down with the noise of the forecast.
package control

import (
	"fmt"
	"math"
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
	Replicas int64   `json:"replicas,omitempty"` // decided last
	At       int64   `json:"at,omitempty"`       // of the last point, Unix milliseconds
	From     float64 `json:"from,omitempty"`     // items completed at the first point
	Known    bool    `json:"known,omitempty"`    // enough items were completed to follow the forecast
	Recent   pairs   `json:"recent,omitempty"`   // recommendations of the last minute, by time
	Asked    asked   `json:"asked,omitzero"`     // what the job was seen to be asked for
}

// Decision is the number of replicas that a job should have, and why.
type Decision struct {
	Replicas int64
	Reason   string
	// Held means that somebody else's number is respected: there is nothing to do.
	Held bool
	// Unreachable means that not even Max replicas meet the deadline with the
	// confidence; Probability is theirs.
	Unreachable bool
	Probability float64 // of meeting the deadline with Replicas; 0 if unknown
}

const (
	// enough is the least number of items that must be completed before the forecast is
	// followed.
	enough = 8
	// defaultConfidence replaces a confidence outside (0, 1).
	defaultConfidence = .9
)

// Decide returns the decision after a point. model is that of the course up to and with
// it; nil if there is not enough data. A point that is not later than the one before
// changes nothing.
func (p Policy) Decide(m Memory, point forecast.Point, model *forecast.Model, deadline time.Time) (Memory, Decision) {
	p = p.valid()
	first := m.Replicas == 0
	switch {
	case first:
		m.From = point.Done
		m.Replicas = p.clamp(max(point.Asked, point.Working, min(p.half(), p.useful(point))))
	case point.At <= m.At:
		return m, Decision{Replicas: m.Replicas, Reason: "unchanged: nothing newer was observed", Held: m.Asked.held(point.At)}
	}
	m.At = point.At
	if m.Asked = m.Asked.see(point, m.Replicas, p.Hold, first); m.Asked.held(point.At) {
		m.Replicas, m.Recent = m.Asked.Seen, pairs(nil).largest(point.At, m.Asked.Seen)
		until := time.UnixMilli(m.Asked.Until).UTC().Format(time.RFC3339)
		return m, Decision{Replicas: m.Replicas, Held: true, Reason: fmt.Sprintf("%d, as somebody else asked for: respected until %s", m.Replicas, until)}
	}
	m, d := p.situation(point, m.Replicas, model, deadline).decide(m)
	if d.Replicas != m.Replicas {
		m.Asked = m.Asked.supersede(m.Replicas, point.At)
	}
	m.Replicas = d.Replicas
	return m, d
}

// valid returns the policy with values that make no sense replaced.
func (p Policy) valid() Policy {
	p.Min = max(p.Min, 1)
	p.Max = max(p.Max, p.Min)
	if !(p.Confidence > 0 && p.Confidence < 1) {
		p.Confidence = defaultConfidence
	}
	return p
}

func (p Policy) clamp(n int64) int64 { return min(max(n, p.Min), p.Max) }

// half returns half of the maximum, rounded up.
func (p Policy) half() int64 { return p.Max/2 + p.Max%2 }

// useful returns the number of replicas of which each has an item to work on.
func (p Policy) useful(point forecast.Point) int64 {
	left := float64(point.Items) - point.Done
	if !(left < float64(p.Max)) {
		return p.Max
	}
	return p.clamp(int64(math.Ceil(max(left, 0))))
}

// situation returns what the decision after a point is made of. now is the number of
// replicas decided before.
func (p Policy) situation(point forecast.Point, now int64, model *forecast.Model, deadline time.Time) situation {
	s := situation{
		Policy: p, now: p.clamp(now), most: p.useful(point), point: point,
		down: 1 - .3*(1-p.Confidence), model: model, ahead: deadline.Sub(time.UnixMilli(point.At)),
	}
	if s.Graceful { // shrinks with the items left
		s.now = min(s.now, s.most)
	}
	return s
}
