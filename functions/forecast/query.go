package forecast

import (
	"net/url"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

// maxBudget is the longest time from the submission to a deadline, as in the request that
// starts a job.
const maxBudget = 365 * 24 * time.Hour

// firstTime and lastTime bound a deadline: from 1970, with a year of four digits.
var firstTime, lastTime = time.UnixMilli(0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// parseQuery reads replicas, deadline and confidence. A parameter without a value counts
// as omitted. The error names every wrong parameter.
func parseQuery(raw string) (monitor.WhatIf, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return monitor.WhatIf{}, failure.InvalidField("query", "want name=value, joined by &")
	}
	var assumed monitor.WhatIf
	wrong := httpapi.UnknownParameters(values, "replicas", "deadline", "confidence")
	if text := values.Get("replicas"); text != "" {
		if assumed.Replicas, err = strconv.ParseInt(text, 10, 64); err != nil || assumed.Replicas < 1 || assumed.Replicas > forecast.MaxFleet {
			wrong.Add("replicas", "want a whole number from 1 to %d, got %.40q", forecast.MaxFleet, text)
		}
	}
	if text := values.Get("deadline"); text != "" {
		var ok bool
		if assumed.Deadline, assumed.Budget, ok = deadline(text); !ok {
			wrong.Add("deadline", "want RFC 3339, from 1970 to 9999, or seconds from the submission, at most a year, got %.40q", text)
		}
	}
	if text := values.Get("confidence"); text != "" {
		assumed.Confidence, err = strconv.ParseFloat(text, 64)
		if err != nil || !(assumed.Confidence > 0 && assumed.Confidence < 1) {
			wrong.Add("confidence", "want a number between 0 and 1, got %.40q", text)
		}
	}
	return assumed, wrong.Err()
}

// deadline reads RFC 3339, or seconds from the submission.
func deadline(text string) (at time.Time, budget time.Duration, ok bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, 0, !at.Before(firstTime) && !at.After(lastTime)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0 && seconds <= maxBudget.Seconds()) {
		return time.Time{}, 0, false
	}
	budget = time.Duration(seconds * float64(time.Second))
	return time.Time{}, budget, budget > 0
}
