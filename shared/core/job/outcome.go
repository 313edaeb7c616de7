package job

import (
	"math"
	"time"

	"kubejobs/shared/core/forecast"
)

// Outcome is what can be learnt from the whole run of an ended job. What is not known is
// null. Times are RFC 3339 in UTC.
type Outcome struct {
	DeadlineMet *bool    `json:"deadline_met"`  // of a job that finished or failed
	Spare       *float64 `json:"spare_seconds"` // from its end to the deadline
	Margin      *float64 `json:"margin"`        // Spare as a share of the expected time

	Rate           *float64 `json:"mean_rate"`       // items a second, from the first to the last sample
	ReplicaSeconds float64  `json:"replica_seconds"` // of work
	Utilisation    *float64 `json:"utilisation"`     // share of them in which the replica held an item
	Sufficient     *int64   `json:"sufficient_replicas"`

	Changes     []ShownChange   `json:"scale_changes"`      // the last ones, oldest first
	ChangeCount int64           `json:"scale_change_count"` // of all
	Stall       *ShownStall     `json:"longest_stall"`
	Forecasts   []ForecastCheck `json:"forecast_checks"`
}

// ShownChange is a ScaleChange as it is shown.
type ShownChange struct {
	At     time.Time `json:"at"`
	From   int64     `json:"from"`
	To     int64     `json:"to"`
	Reason string    `json:"reason"`
}

// ShownStall is a Stall as it is shown.
type ShownStall struct {
	Since   time.Time      `json:"since"`
	Seconds float64        `json:"seconds"`
	Cause   forecast.Cause `json:"cause"`
}

// ForecastCheck compares a forecast with the end of the job.
type ForecastCheck struct {
	Share  float64   `json:"share"` // of the items that were completed
	At     time.Time `json:"at"`
	Finish time.Time `json:"finish_p50"` // as it was forecast
	// Error is from the end to Finish: negative if the job took longer. RelativeError is
	// its share of the time that was left. Within means that the end was between the
	// quantiles p10 and p90.
	Error         float64 `json:"error_seconds"`
	RelativeError float64 `json:"relative_error"`
	Within        bool    `json:"within_p10_p90"`
}

// NewOutcome returns the outcome of an ended job.
func NewOutcome(spec Spec, state State) Outcome {
	o := Outcome{ReplicaSeconds: state.Run.Replicas, ChangeCount: state.Changes.Count, Changes: []ShownChange{}}
	if v := NewVerdict(spec, state); v != nil {
		o.DeadlineMet, o.Spare = &v.DeadlineMet, &v.Spare
		if spec.Budget > 0 {
			margin := v.Spare / spec.Budget.Seconds()
			o.Margin = &margin
		}
	}
	if rate := state.Course.MeanRate(); rate > 0 {
		o.Rate = &rate
	}
	if all := state.Run.Replicas; all > 0 {
		used := state.Run.Busy / all
		o.Utilisation = &used
	}
	o.Sufficient = sufficient(spec, state)
	for _, c := range state.Changes.Last {
		o.Changes = append(o.Changes, ShownChange{At: moment(c.At), From: c.From, To: c.To, Reason: c.Reason})
	}
	if s := state.Run.Stall; s != nil {
		o.Stall = &ShownStall{Since: moment(s.Since), Seconds: float64(s.Until-s.Since) / 1000, Cause: s.Cause}
	}
	o.Forecasts = checks(state)
	return o
}

func moment(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

// sufficient returns the least constant number of replicas that would have met the
// deadline if each item took the mean of this run: as many as do all items in the whole
// rounds that fit between the first sample and the deadline. It is nil if nothing was
// completed, or if not even one round fits.
//
// Worked: 100 items of 4 s in 60 s: 15 rounds, so 7 replicas.
func sufficient(spec Spec, state State) *int64 {
	first, last := state.Course.Ends()
	done := last.Done - first.Done
	if done <= 0 || state.Run.Replicas <= 0 {
		return nil
	}
	mean := state.Run.Replicas / done
	left := float64(last.Items) - first.Done
	rounds := math.Floor(spec.Deadline().Sub(moment(first.At)).Seconds()/mean + 1e-9)
	if rounds < 1 {
		return nil
	}
	enough := int64(math.Ceil(left / rounds))
	return &enough
}

// checks compares the forecasts of a run with the end of a job that finished; nothing is
// compared with the end of another one.
func checks(state State) []ForecastCheck {
	compared := []ForecastCheck{}
	end := state.EndedAt
	if state.Summary.CompletedAt != 0 {
		end = state.Summary.CompletedAt
	}
	for _, c := range state.Run.Milestones {
		if state.Phase != PhaseFinished || c.P50 == 0 || end <= c.At {
			continue
		}
		compared = append(compared, ForecastCheck{
			Share: c.Share, At: moment(c.At), Finish: moment(c.P50), Error: float64(c.P50-end) / 1000,
			RelativeError: float64(c.P50-end) / float64(end-c.At),
			Within:        c.P10 <= end && (c.P90 == 0 || end <= c.P90),
		})
	}
	return compared
}
