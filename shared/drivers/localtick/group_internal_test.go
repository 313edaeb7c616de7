package localtick

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"kubejobs/shared/core/job"
)

// Each entry of cron makes each change of a schedule slower, so jobs share them.
func TestJobsShareEntries(t *testing.T) {
	t.Parallel()
	s, err := New(t.Context(), Options{Sink: "http://127.0.0.1:1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const jobs = 100
	expect := func(when string, want int) {
		t.Helper()
		if got := len(s.cron.Entries()); got != want || len(s.groups) != want {
			t.Errorf("%s: %d entries and %d groups, want %d", when, got, len(s.groups), want)
		}
	}
	schedule := func(n, life int, period time.Duration) {
		t.Helper()
		spec := job.Spec{ID: job.ID(fmt.Sprintf("kj-%d", n)), Period: period, Submitted: time.Unix(int64(life), 0)}
		if err := s.Schedule(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	for n := range jobs {
		schedule(n, 1, time.Duration(1+n%2)*time.Second)
	}
	expect("two periods", 2)
	for n := range jobs {
		schedule(n, 2, 2*time.Second)
	}
	expect("all in one period", 1)
	schedule(0, 3, 2*time.Second)
	schedule(1, 3, 4*time.Second)
	expect("one moved", 2)
	for n := range jobs {
		id := job.ID(fmt.Sprintf("kj-%d", n))
		if err := s.Unschedule(t.Context(), id, s.entries[id].life); err != nil {
			t.Fatal(err)
		}
	}
	expect("none", 0)
}

// BenchmarkSchedule schedules and unschedules a job beside others.
func BenchmarkSchedule(b *testing.B) {
	for _, others := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("beside=%d", others), func(b *testing.B) {
			s, err := New(b.Context(), Options{Sink: "http://127.0.0.1:1"}, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			spec := job.Spec{Period: time.Hour}
			for n := range others {
				spec.ID = job.ID(fmt.Sprintf("kj-%d", n))
				_ = s.Schedule(b.Context(), spec)
			}
			s.Start()
			b.Cleanup(func() { _ = s.Stop(b.Context()) })
			spec.ID = "another"
			for b.Loop() {
				_ = s.Schedule(b.Context(), spec)
				_ = s.Unschedule(b.Context(), spec.ID, spec.Life())
			}
		})
	}
}
