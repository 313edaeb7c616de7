package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/schedule"
)

// matches reports whether a field of a cron expression (0, * or */step) has a value.
func matches(t *testing.T, field string, value int) bool {
	t.Helper()
	step := 1
	if _, err := fmt.Sscanf(field, "*/%d", &step); err != nil && field != "*" && field != "0" {
		t.Fatalf("the field %q of the expression", field)
	}
	return field == "*" || field == "0" && value == 0 || strings.HasPrefix(field, "*/") && value%step == 0
}

// The spacing divides a day, is the longest that is not longer than the period, and
// the instants are those of the expression.
func FuzzLargest(f *testing.F) {
	for _, period := range []time.Duration{
		0, 1, -1, time.Second, 7 * time.Second, 59 * time.Second, time.Minute, 90 * time.Second, 59 * time.Minute, time.Hour,
		7 * time.Hour, 23*time.Hour + 59*time.Minute, 24 * time.Hour, 1<<63 - 1,
	} {
		f.Add(int64(period), int64(1795499061123))
	}
	f.Fuzz(func(t *testing.T, nanos, millis int64) {
		const day = 24 * time.Hour
		period := time.Duration(nanos)
		s := schedule.Largest(period)
		if s.Every < time.Second || day%s.Every != 0 || s.Every%time.Second != 0 || s.Every > max(period, time.Second) {
			t.Fatalf("Largest(%v) = %v", period, s.Every)
		}
		for _, unit := range []time.Duration{time.Second, time.Minute, time.Hour} {
			longer := s.Every + unit
			if whole := 60 * unit; longer <= period && longer%unit == 0 && longer < whole && min(whole, day)%longer == 0 {
				t.Errorf("Largest(%v) = %v, but %v is even too", period, s.Every, longer)
			}
		}
		at := time.UnixMilli(millis % 253402300799000).UTC()
		boundary, next := s.Boundary(at), s.Next(at)
		if boundary.After(at) || !next.After(at) || next.Sub(boundary) != s.Every {
			t.Errorf("%v is between %v and %v, every %v", at, boundary, next, s.Every)
		}
		fields := strings.Fields(s.Cron)
		if len(fields) != 6 || strings.Join(fields[3:], " ") != "* * *" {
			t.Fatalf("Cron = %q", s.Cron)
		}
		for _, instant := range []time.Time{boundary, next, boundary.Add(time.Second)} {
			due := matches(t, fields[0], instant.Second()) && matches(t, fields[1], instant.Minute()) && matches(t, fields[2], instant.Hour())
			if want := instant.Truncate(s.Every).Equal(instant); due != want {
				t.Errorf("%q is due at %v: %t, want %t", s.Cron, instant, due, want)
			}
		}
	})
}
