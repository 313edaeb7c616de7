package samples

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// maxLimit is the largest page: more than a job's samples ever are.
const maxLimit = 1000

// query is what a request asks for.
type query struct {
	monitor.SampleRange
	until string // as it came
}

// parseQuery reads since, until and limit; a parameter without a value counts
// as left out. The error names everything that is wrong.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, failure.Invalid(failure.FieldError{Field: "query", Problem: "want name=value, joined by &"})
	}
	asked := query{until: values.Get("until")}
	problems := unknown(values)
	if asked.Since, err = moment(values.Get("since")); err != nil {
		problems = append(problems, failure.FieldError{Field: "since", Problem: err.Error()})
	}
	if asked.Until, err = moment(asked.until); err != nil {
		problems = append(problems, failure.FieldError{Field: "until", Problem: err.Error()})
	}
	if !asked.Until.IsZero() && !asked.Until.After(asked.Since) {
		problems = append(problems, failure.FieldError{Field: "until", Problem: "want a time after since"})
	}
	if text := values.Get("limit"); text != "" {
		if asked.Limit, err = strconv.Atoi(text); err != nil || asked.Limit < 1 || asked.Limit > maxLimit {
			problems = append(problems, failure.FieldError{
				Field: "limit", Problem: fmt.Sprintf("want a whole number from 1 to %d", maxLimit),
			})
		}
	}
	return asked, failure.Invalid(problems...)
}

// unknown names the parameters that there are not, or that come twice.
func unknown(values url.Values) []failure.FieldError {
	var problems []failure.FieldError
	for name, given := range values {
		switch {
		case !slices.Contains([]string{"since", "until", "limit"}, name):
			problems = append(problems, failure.FieldError{
				Field: fmt.Sprintf("%.80q", name), Problem: "no such parameter: there are since, until and limit",
			})
		case len(given) > 1:
			problems = append(problems, failure.FieldError{Field: name, Problem: "want it once"})
		}
	}
	slices.SortFunc(problems, func(a, b failure.FieldError) int { return cmp.Compare(a.Field, b.Field) })
	return problems
}

// The moments that can be asked for: a year of four digits, from 1970 on.
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
