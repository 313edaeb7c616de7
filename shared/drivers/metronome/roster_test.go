package metronome_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/schedule"
	"kubejobs/shared/drivers/metronome"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

func open(t *testing.T, url string) *metronome.Roster {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return metronome.New(client)
}

// The scheduler's suite runs as the user of knative/README.md, whose rights are enough.
func TestScheduler(t *testing.T) {
	t.Parallel()
	monitortest.RunScheduler(t, func(t *testing.T) monitor.Scheduler {
		t.Helper()
		return open(t, redistest.StartState(t).URL())
	})
}

func TestSchedulerOnMiniredis(t *testing.T) {
	t.Parallel()
	monitortest.RunScheduler(t, func(t *testing.T) monitor.Scheduler {
		t.Helper()
		return open(t, "redis://"+miniredis.RunT(t).Addr())
	})
}

// every returns a spec of a job with a period.
func every(id job.ID, period time.Duration) job.Spec {
	spec := monitortest.Spec(id, "f")
	spec.Period = period
	return spec
}

// Jobs of several periods are listed in one order, whatever the size of the pages.
func TestListMergesPeriods(t *testing.T) {
	t.Parallel()
	roster := open(t, redistest.StartState(t).URL())
	var want []string
	for n := range 40 {
		id := job.ID(fmt.Sprintf("j%02d", n))
		spec := every(id, []time.Duration{time.Second, 2 * time.Second, time.Minute, 24 * time.Hour}[n%4])
		if err := roster.Schedule(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		want = append(want, string(id)+" "+spec.Schedule().Cron)
	}
	for _, limit := range []int{1, 3, 39, 40, 500} {
		var got []string
		after := ""
		for range 50 {
			page, next, err := roster.List(t.Context(), after, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page {
				got = append(got, string(s.ID)+" "+s.Cron)
			}
			if after = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d a page (-want +got):\n%s", limit, diff)
		}
	}
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A beat claims what became due, once: another one claims it no more, the same one does
// until it was served.
func TestClaim(t *testing.T) {
	t.Parallel()
	roster := open(t, redistest.StartState(t).URL())
	for _, period := range []time.Duration{2 * time.Second, time.Minute} {
		if err := roster.Schedule(t.Context(), every("a", period)); err != nil {
			t.Fatal(err)
		}
	}
	lease := 20 * time.Second
	steps := []struct {
		title string
		at    time.Duration // after noon
		beat  string
		want  string // period@instant, both in seconds
		serve bool
	}{
		{"what was never served is due", 1 * time.Second, "b1", "2@0 60@0", false},
		{"another beat of that instant claims nothing", 1 * time.Second, "b2", "", false},
		{"the same beat again claims it again", 1 * time.Second, "b1", "2@0 60@0", false},
		{"the next instant waits for the one before", 2 * time.Second, "b3", "2@2!", false},
		{"and is due when its lease is over", 22 * time.Second, "b4", "2@22", true},
		{"what was served is not claimed again", 22 * time.Second, "b4", "", false},
		{"the next instant after that", 24 * time.Second, "b5", "2@24", true},
		{"an earlier beat that comes late claims nothing", 22 * time.Second, "b6", "", false},
		{"instants that were missed are served once", 125 * time.Second, "b7", "2@124 60@120", true},
	}
	for _, step := range steps {
		now := noon.Add(step.at)
		claims, err := roster.Claim(t.Context(), monitor.Beat{ID: step.beat, Sent: now}, now, lease)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range claims {
			text := fmt.Sprintf("%.0f@%.0f", c.Schedule.Every.Seconds(), c.Instant.Sub(noon).Seconds())
			if c.Skipped > 0 {
				text += "!"
			}
			got = append(got, text)
			if step.serve {
				if err := roster.Served(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
		}
		if joined := strings.Join(got, " "); joined != step.want {
			t.Errorf("%s: claimed %q, want %q", step.title, joined, step.want)
		}
	}
}

// Of many instances that get beats of one instant, one serves it.
func TestClaimAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.StartState(t)
	roster := open(t, server.URL())
	if err := roster.Schedule(t.Context(), every("a", time.Second)); err != nil {
		t.Fatal(err)
	}
	var claimed atomic.Int64
	t.Run("beats", func(t *testing.T) {
		for n := range 20 {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				claims, err := roster.Claim(t.Context(), monitor.Beat{ID: strconv.Itoa(n), Sent: noon}, noon, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				claimed.Add(int64(len(claims)))
			})
		}
	})
	if claimed.Load() != 1 {
		t.Errorf("%d beats claimed the instant, want 1", claimed.Load())
	}
}

// Due jobs are read in pages, and no page has more than asked for.
func TestDue(t *testing.T) {
	t.Parallel()
	roster := open(t, redistest.StartState(t).URL())
	want := map[job.ID]int{}
	for n := range 25 {
		spec := every(job.ID(fmt.Sprint("j", n)), 2*time.Second)
		want[spec.ID] = 1
		if err := roster.Schedule(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := roster.Schedule(t.Context(), every("other", time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, after := map[job.ID]int{}, ""
	for range 10 {
		page, next, err := roster.Due(t.Context(), schedule.Largest(2*time.Second), after, 10)
		if err != nil || len(page) > 10 {
			t.Fatal(len(page), err)
		}
		for _, due := range page {
			got[due.ID]++
		}
		if after = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("due jobs (-want +got):\n%s", diff)
	}
}

// All instances sign with one key.
func TestKey(t *testing.T) {
	t.Parallel()
	server := redistest.StartState(t)
	first, err := open(t, server.URL()).Key(t.Context())
	if err != nil || len(first) != 32 {
		t.Fatalf("a key of %d bytes, %v", len(first), err)
	}
	second, err := open(t, server.URL()).Key(t.Context())
	if err != nil || string(first) != string(second) {
		t.Errorf("another instance has another key, %v", err)
	}
}

// A schedule costs one entry, which its end removes.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	roster := open(t, server.URL())
	spec := every("a", 2*time.Second)
	if err := roster.Schedule(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if keys := server.Client().Keys(t.Context(), "*").Val(); len(keys) != 1 {
		t.Errorf("a schedule has the keys %q, want one", keys)
	}
	if err := roster.Unschedule(t.Context(), spec.ID, spec.Life()); err != nil {
		t.Fatal(err)
	}
	if keys := server.Client().Keys(t.Context(), "*").Val(); len(keys) != 0 {
		t.Errorf("the end left %q", keys)
	}
}
