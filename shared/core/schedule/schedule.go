// Package schedule converts a period to the cron expression of a job's ticks.
package schedule

import (
	"fmt"
	"time"
)

// Schedule is a period that cron can keep evenly, and its expression.
type Schedule struct {
	Every time.Duration // spacing of the ticks, divides a day
	Cron  string        // six fields, the first is seconds
}

const day = 24 * time.Hour

// units are the fields of a cron expression: a step in a field is even only if
// it divides the field's length.
var units = [...]struct {
	unit, whole time.Duration
	format      string
}{
	{time.Hour, day, "0 0 */%d * * *"},
	{time.Minute, time.Hour, "0 */%d * * * *"},
	{time.Second, time.Minute, "*/%d * * * * *"},
}

// Largest returns the schedule with the largest even spacing that is not longer
// than period: `*/7` would restart at each minute, so 7 s becomes 6 s. A period
// below a second becomes a second, one above a day a day. Knative's PingSource
// accepts these expressions (it refuses `@every`).
//
// Worked: 2 s is `*/2 * * * * *`, 90 s is a minute, 7 h is `0 0 */6 * * *`.
func Largest(period time.Duration) Schedule {
	if period >= day {
		return Schedule{Every: day, Cron: "0 0 0 * * *"}
	}
	for _, u := range units {
		for step := int64(min(period, u.whole-1) / u.unit); step >= 1; step-- {
			every := time.Duration(step) * u.unit
			if u.whole%every == 0 {
				return Schedule{Every: every, Cron: fmt.Sprintf(u.format, step)}
			}
		}
	}
	return Schedule{Every: time.Second, Cron: "*/1 * * * * *"}
}

// Boundary returns the latest instant of the schedule that is not after t, in
// UTC.
func (s Schedule) Boundary(t time.Time) time.Time { return t.UTC().Truncate(s.Every) }

// Next returns the first instant of the schedule after t, in UTC.
func (s Schedule) Next(t time.Time) time.Time { return s.Boundary(t).Add(s.Every) }

// All returns every schedule that Largest returns, the shortest first: 30 of them.
func All() []Schedule {
	all := []Schedule{}
	for n := len(units) - 1; n >= 0; n-- {
		u := units[n]
		for step := int64(1); step < int64(u.whole/u.unit); step++ {
			if every := time.Duration(step) * u.unit; u.whole%every == 0 {
				all = append(all, Largest(every))
			}
		}
	}
	return append(all, Largest(day))
}
