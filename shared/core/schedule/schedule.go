// Package schedule converts a period to the cron expression of a job's ticks.
package schedule

import (
	"fmt"
	"slices"
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
	{time.Second, time.Minute, "*/%d * * * * *"},
	{time.Minute, time.Hour, "0 */%d * * * *"},
	{time.Hour, day, "0 0 */%d * * *"},
}

// schedules are those that keep even, the shortest first: every tick looks for one of them.
var schedules = even()

func even() []Schedule {
	var all []Schedule
	for _, u := range units {
		for step := int64(1); step < int64(u.whole/u.unit); step++ {
			if every := time.Duration(step) * u.unit; u.whole%every == 0 {
				all = append(all, Schedule{Every: every, Cron: fmt.Sprintf(u.format, step)})
			}
		}
	}
	return append(all, Schedule{Every: day, Cron: "0 0 0 * * *"})
}

// Largest returns the schedule with the largest even spacing that is not longer
// than period: `*/7` would restart at each minute, so 7 s becomes 6 s. A period
// below a second becomes a second, one above a day a day. Knative's PingSource
// accepts these expressions (it refuses `@every`).
//
// Worked: 2 s is `*/2 * * * * *`, 90 s is a minute, 7 h is `0 0 */6 * * *`.
func Largest(period time.Duration) Schedule {
	for i := len(schedules) - 1; i > 0; i-- {
		if schedules[i].Every <= period {
			return schedules[i]
		}
	}
	return schedules[0]
}

// Boundary returns the latest instant of the schedule that is not after t, in
// UTC.
func (s Schedule) Boundary(t time.Time) time.Time { return t.UTC().Truncate(s.Every) }

// Next returns the first instant of the schedule after t, in UTC.
func (s Schedule) Next(t time.Time) time.Time { return s.Boundary(t).Add(s.Every) }

// All returns every schedule that Largest returns, the shortest first: 30 of them.
func All() []Schedule { return slices.Clone(schedules) }
