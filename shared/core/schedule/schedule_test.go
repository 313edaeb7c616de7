package schedule_test

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"kubejobs/shared/core/schedule"
)

func TestLargest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		period time.Duration
		want   schedule.Schedule
	}{
		"nothing is a second":       {0, schedule.Schedule{Every: time.Second, Cron: "*/1 * * * * *"}},
		"under a second":            {300 * time.Millisecond, schedule.Schedule{Every: time.Second, Cron: "*/1 * * * * *"}},
		"the Manager's period":      {2 * time.Second, schedule.Schedule{Every: 2 * time.Second, Cron: "*/2 * * * * *"}},
		"7 s is uneven":             {7 * time.Second, schedule.Schedule{Every: 6 * time.Second, Cron: "*/6 * * * * *"}},
		"59 s":                      {59 * time.Second, schedule.Schedule{Every: 30 * time.Second, Cron: "*/30 * * * * *"}},
		"a minute":                  {time.Minute, schedule.Schedule{Every: time.Minute, Cron: "0 */1 * * * *"}},
		"90 s":                      {90 * time.Second, schedule.Schedule{Every: time.Minute, Cron: "0 */1 * * * *"}},
		"45 min":                    {45 * time.Minute, schedule.Schedule{Every: 30 * time.Minute, Cron: "0 */30 * * * *"}},
		"an hour":                   {time.Hour, schedule.Schedule{Every: time.Hour, Cron: "0 0 */1 * * *"}},
		"7 h":                       {7 * time.Hour, schedule.Schedule{Every: 6 * time.Hour, Cron: "0 0 */6 * * *"}},
		"23 h 59":                   {24*time.Hour - time.Minute, schedule.Schedule{Every: 12 * time.Hour, Cron: "0 0 */12 * * *"}},
		"a day":                     {24 * time.Hour, schedule.Schedule{Every: 24 * time.Hour, Cron: "0 0 0 * * *"}},
		"a month is ticked daily":   {720 * time.Hour, schedule.Schedule{Every: 24 * time.Hour, Cron: "0 0 0 * * *"}},
		"negative is the shortest":  {-time.Hour, schedule.Schedule{Every: time.Second, Cron: "*/1 * * * * *"}},
		"a fraction is rounded off": {2500 * time.Millisecond, schedule.Schedule{Every: 2 * time.Second, Cron: "*/2 * * * * *"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := schedule.Largest(tt.period); got != tt.want {
				t.Errorf("Largest(%v) = %+v, want %+v", tt.period, got, tt.want)
			}
		})
	}
}

// The parser is the one that Knative's PingSource and the local scheduler use:
// its instants must be evenly spaced and be those that Next computes.
func TestCronAgreesWithNext(t *testing.T) {
	t.Parallel()
	parser := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	rapid.Check(t, func(t *rapid.T) {
		period := time.Duration(rapid.Int64Range(1, int64(48*time.Hour)).Draw(t, "period"))
		from := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "from")).UTC()
		s := schedule.Largest(period)
		if s.Every > max(period, time.Second) {
			t.Fatalf("ticks every %v, asked for %v", s.Every, period)
		}
		parsed, err := parser.Parse(s.Cron)
		if err != nil {
			t.Fatal(err)
		}
		at := from
		for range 3 {
			if got, want := s.Next(at), parsed.Next(at); !got.Equal(want) {
				t.Fatalf("%s: Next(%v) = %v, cron says %v", s.Cron, at, got, want)
			}
			at = s.Next(at)
		}
		if b := s.Boundary(from); b.After(from) || from.Sub(b) >= s.Every {
			t.Fatalf("Boundary(%v) = %v", from, b)
		}
	})
}
