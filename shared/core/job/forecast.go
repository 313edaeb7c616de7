package job

import (
	"time"

	"kubejobs/shared/core/forecast"
)

// Forecast is an outlook as it is shown. Times are RFC 3339 in UTC. What is not known is
// null.
type Forecast struct {
	Enough bool       `json:"enough_data"`
	P10    *time.Time `json:"finish_p10"`
	P50    *time.Time `json:"finish_p50"`
	P90    *time.Time `json:"finish_p90"`
	Miss   *float64   `json:"miss_probability"`

	Replicas int64  `json:"replicas"`       // that the forecast assumes
	Asked    *int64 `json:"replicas_asked"` // for which the job asks
	// Needed is the least number of replicas that meets the deadline with Confidence;
	// null if none does. Best is the highest probability of meeting it.
	Needed     *int64   `json:"replicas_needed"`
	Best       *float64 `json:"best_probability"`
	Confidence float64  `json:"confidence"`

	Rate    *float64 `json:"rate_now"`     // items a second, recently
	Mean    *float64 `json:"rate_mean"`    // items a second, over the run
	Replica *float64 `json:"rate_replica"` // items a second of one replica that works

	Quiet float64        `json:"no_progress_seconds"`
	Cause forecast.Cause `json:"stall_cause,omitempty"`
}

// NewForecast returns what is shown of an outlook at a time; nil without an outlook.
func NewForecast(state State, o *forecast.Outlook, now time.Time) *Forecast {
	if o == nil {
		return nil
	}
	f := &Forecast{
		Enough: o.Known, Replicas: o.Question.Fleet.Replicas, Confidence: o.Question.Confidence,
		Quiet: state.Quiet(now).Seconds(), Cause: state.cause(),
	}
	if asked := state.Asked; asked > 0 {
		f.Asked = &asked
	}
	if o.Rates != (forecast.Rates{}) {
		f.Rate, f.Mean, f.Replica = &o.Rates.Now, &o.Rates.Mean, &o.Rates.Replica
	}
	if !o.Known {
		return f
	}
	f.P10, f.P50, f.P90 = unlessZero(o.P10), unlessZero(o.P50), unlessZero(o.P90)
	f.Miss, f.Best = &o.Miss, &o.Need.Probability
	if o.Need.Met {
		f.Needed = &o.Need.Replicas
	}
	return f
}

func unlessZero(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// pausedSince returns when a job advanced last: with its first sample if it never has,
// else if no tick could measure it, when the gap began.
func (s *State) pausedSince() time.Time {
	first, _ := s.Course.Ends()
	if since := max(s.Health.Advanced, first.At); since != 0 || s.QueueGap == nil {
		return time.UnixMilli(since)
	}
	return time.UnixMilli(s.QueueGap.Since)
}

// Quiet returns for how long a job has not advanced.
func (s State) Quiet(now time.Time) time.Duration { return max(now.Sub(s.pausedSince()), 0) }

// cause returns why a job does not advance.
func (s *State) cause() forecast.Cause {
	_, last := s.Course.Ends()
	pause := forecast.Pause{
		Stalled: s.Health.Now() == forecast.StatusStalled, Suspended: s.Suspended, Unobserved: s.QueueGap != nil,
		Working: last.Working, Completed: s.Health.Advanced != 0,
	}
	if q := s.Queue; q != nil {
		left := (1 - s.Health.Progress) * float64(last.Items)
		pause.Held, pause.Grown = q.InFlight, float64(q.Left()) > left+0.5
	}
	return pause.Cause()
}
