package arguments

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// MaxItems is the largest number of items: a float64 counts no further.
const MaxItems = 1 << 53

// Whole returns a whole number from 1 to most; 0 if it was not given or is wrong.
func (a *Arguments) Whole(name string, most int64, required bool) int64 {
	return a.WholeFrom(name, 1, most, required)
}

// WholeFrom is Whole with another least number.
func (a *Arguments) WholeFrom(name string, least, most int64, required bool) int64 {
	text, ok := a.Text(name, required)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		a.Refuse("--%s: want a whole number from %d to %d, got %.40q", name, least, most, text)
		return 0
	}
	return n
}

// Share returns a number between 0 and 1, both excluded; other if it was not given.
func (a *Arguments) Share(name string, other float64) float64 {
	text, ok := a.Text(name, false)
	if !ok {
		return other
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || x <= 0 || x >= 1 {
		a.Refuse("--%s: want a number between 0 and 1, got %.40q", name, text)
	}
	return x
}

// Truth returns whether a flag is set.
func (a *Arguments) Truth(name string) bool {
	text, ok := a.Text(name, false)
	if !ok {
		return false
	}
	is, err := strconv.ParseBool(text)
	if err != nil {
		a.Refuse("--%s: want true or false, got %.40q", name, text)
	}
	return is
}

// Seconds returns a positive time up to a year: seconds, or a number with its unit such as
// 90s, 30m or 1h30m; 0 if it was not given or is wrong.
func (a *Arguments) Seconds(name string, required bool) time.Duration {
	text, ok := a.Text(name, required)
	if !ok {
		return 0
	}
	d, err := ParseSeconds(text)
	if err != nil {
		a.Refuse("--%s: %w", name, err)
	}
	return d
}

// longest is the longest time that a request may name: a year.
const longest = 365 * 24 * time.Hour

// ParseSeconds reads a positive time up to a year.
func ParseSeconds(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if x, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		d, err = 0, nil
		if x > 0 && x <= longest.Seconds() {
			d = time.Duration(x * float64(time.Second))
		}
	}
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("want seconds, or a time such as 90s, 30m or 1h30m, at most a year, got %.40q", text)
	}
	return d, nil
}

// Moment returns a time, RFC 3339 or Unix milliseconds; the zero time if it was not given or
// is wrong.
func (a *Arguments) Moment(name string, required bool) time.Time {
	text, ok := a.Text(name, required)
	if !ok {
		return time.Time{}
	}
	at, err := ParseMoment(text)
	if err != nil {
		a.Refuse("--%s: %w", name, err)
	}
	return at
}

var (
	// FirstMoment is the first time that may be given.
	FirstMoment = time.UnixMilli(0).UTC()
	// LastMoment is the last one: its year has four digits.
	LastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// ParseMoment reads RFC 3339 or Unix milliseconds.
func ParseMoment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		millis, notNumber := strconv.ParseInt(text, 10, 64)
		at, err = time.UnixMilli(millis), notNumber
	}
	if err != nil || at.Before(FirstMoment) || at.After(LastMoment) {
		return time.Time{}, fmt.Errorf("want RFC 3339 or Unix milliseconds, from 1970 to 9999, got %.40q", text)
	}
	return at.UTC(), nil
}
