package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// WhatIf is what a forecast assumes instead of what the job has. The zero value changes
// nothing.
type WhatIf struct {
	Replicas   int64         // from now on
	Deadline   time.Time     // or
	Budget     time.Duration // from the submission to the deadline
	Confidence float64       // the probability of meeting the deadline to aim at
}

// Prospect is the answer to what if. Times are RFC 3339 in UTC.
type Prospect struct {
	ID       job.ID     `json:"id"`
	Phase    job.Phase  `json:"phase"`
	Reason   string     `json:"reason,omitempty"` // why the job ended
	Items    int64      `json:"number_of_jobs"`
	Deadline time.Time  `json:"deadline"` // that was asked about
	At       *time.Time `json:"at"`       // of the sample that the forecast is of; null before the first one
	// Recommended is how many replicas meet the deadline; if none does, those with the
	// best probability; without enough data, those that the job has. It is 0 for an ended
	// job.
	Recommended int64             `json:"recommended_replicas"`
	Forecast    *job.Forecast     `json:"forecast"` // null before the first sample and for an ended job
	Curve       []forecast.Chance `json:"curve"`

	EndedAt      *time.Time `json:"ended_at,omitempty"`
	*job.Verdict            // of a job that finished or failed
}

// curvePoints bounds the curve of a Prospect.
const curvePoints = 64

// Forecast returns when a job will be done, and with which probability it meets a
// deadline, under the assumptions of if. It changes nothing. The error for an unknown id
// is ErrUnknownJob.
func (s *Service) Forecast(ctx context.Context, id job.ID, assumed WhatIf) (Prospect, error) {
	if !sees(ctx, id) {
		return Prospect{}, ErrUnknownJob
	}
	record, err := s.ticks.Load(ctx, id, "")
	if err != nil {
		return Prospect{}, err
	}
	return newProspect(record, assumed, s.now()), nil
}

func newProspect(r *Record, assumed WhatIf, now time.Time) Prospect {
	spec, state := r.Spec, r.State
	q := assumed.question(spec, state)
	p := Prospect{
		ID: spec.ID, Phase: state.Phase, Reason: state.Reason, Items: spec.Items, Deadline: q.Deadline.UTC(), Curve: []forecast.Chance{},
	}
	if state.Course != nil {
		at := time.UnixMilli(state.Course.Last.At).UTC()
		p.At = &at
	}
	if !state.Phase.Living() {
		ended := time.UnixMilli(state.EndedAt).UTC()
		p.EndedAt, p.Verdict = &ended, job.NewVerdict(spec, state)
		return p
	}
	if p.At == nil {
		return p
	}
	model := state.Course.Model()
	outlook := forecast.NewOutlook(state.Course, model, q)
	p.Forecast = job.NewForecast(state, &outlook, now)
	p.Curve = forecast.Curve(*state.Course, model, q, curvePoints)
	p.Recommended = q.Fleet.Replicas
	if outlook.Known {
		p.Recommended = outlook.Need.Replicas
	}
	return p
}

// question returns what is asked of the course of a job.
func (w WhatIf) question(spec job.Spec, state job.State) forecast.Question {
	q := state.Question(&spec)
	if w.Replicas > 0 {
		q.Fleet.Replicas = w.Replicas
	}
	if w.Confidence > 0 {
		q.Confidence = w.Confidence
	}
	switch {
	case !w.Deadline.IsZero():
		q.Deadline = w.Deadline
	case w.Budget > 0:
		q.Deadline = spec.Submitted.Add(w.Budget)
	}
	return q
}
