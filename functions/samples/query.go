package samples

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

// maxLimit is the size of the largest page: more than the samples that are kept of
// a job.
const maxLimit = 1000

// query is what a request asks for.
type query struct {
	monitor.SampleRange
	until string // as the caller wrote it
}

// parseQuery reads since, until and limit. A parameter without a value counts as
// omitted. The error names every wrong parameter.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, failure.InvalidField("query", "want name=value, joined by &")
	}
	asked := query{until: values.Get("until")}
	wrong := httpapi.UnknownParameters(values, "since", "until", "limit")
	if asked.Since, err = moment(values.Get("since")); err != nil {
		wrong.Add("since", "%v", err)
	}
	if asked.Until, err = moment(asked.until); err != nil {
		wrong.Add("until", "%v", err)
	}
	if !asked.Until.IsZero() && !asked.Until.After(asked.Since) {
		wrong.Add("until", "want a time after since")
	}
	asked.Limit = httpapi.Limit(values, maxLimit, 0, &wrong)
	return asked, wrong.Err()
}

// first and last bound the times of a range: from 1970, with a year of four
// digits.
var first, last = time.UnixMilli(0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)

// moment reads RFC 3339 or Unix milliseconds; "" is the zero time.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		millis, notNumber := strconv.ParseInt(text, 10, 64)
		at, err = time.UnixMilli(millis), notNumber
	}
	if err != nil || at.Before(first) || at.After(last) {
		return time.Time{}, fmt.Errorf("want RFC 3339 or Unix milliseconds, from 1970 to 9999, got %.40q", text)
	}
	return at, nil
}
