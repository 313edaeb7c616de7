package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/schedule"
	"kubejobs/shared/monitor"
)

// roster is a monitor.Roster of one period, whose jobs are due at every beat.
type roster struct {
	due    []monitor.Due
	failAt int // number of the page that cannot be read; 0: none
	pages  int
	served int
}

func (r *roster) Claim(_ context.Context, beat monitor.Beat, _ time.Time, _ time.Duration) ([]monitor.Claim, error) {
	s := schedule.Largest(2 * time.Second)
	return []monitor.Claim{{Schedule: s, Instant: s.Boundary(beat.Sent)}}, nil
}

func (r *roster) Due(_ context.Context, _ schedule.Schedule, after string, limit int) ([]monitor.Due, string, error) {
	if r.pages++; r.pages == r.failAt {
		return nil, "", failure.Unavailable("the state store does not answer", nil)
	}
	start := 0
	_, _ = fmt.Sscan(after, &start)
	end := min(start+limit, len(r.due))
	next := ""
	if end < len(r.due) {
		next = strconv.Itoa(end)
	}
	return r.due[start:end], next, nil
}

func (r *roster) Served(context.Context, monitor.Claim) error { r.served++; return nil }

func jobs(n int) []monitor.Due {
	due := make([]monitor.Due, n)
	for i := range due {
		due[i] = monitor.Due{ID: job.ID(fmt.Sprint("j", i)), Life: 1}
	}
	return due
}

// ticks counts the ticks of jobs, and fails those that it is told to.
type ticks struct {
	mu   sync.Mutex
	got  map[string]int // job and tick id
	fail func(monitor.Tick) error
}

func (c *ticks) tick(_ context.Context, tick monitor.Tick) (monitor.Outcome, error) {
	c.mu.Lock()
	c.got[string(tick.Job)+" "+tick.ID]++
	c.mu.Unlock()
	if c.fail != nil {
		return "", c.fail(tick)
	}
	return monitor.OutcomeSampled, nil
}

// beat serves one beat at an even second.
func beat(t *testing.T, r monitor.Roster, c *ticks, o monitor.MetronomeOptions) (monitor.Served, error) {
	t.Helper()
	c.got = map[string]int{}
	sent := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return sent }
	m := monitor.NewMetronome(r, c.tick, o, slog.New(slog.DiscardHandler))
	return m.Beat(t.Context(), monitor.Beat{ID: "b", Sent: sent})
}

func TestBeatTicksEachJobOnce(t *testing.T) {
	t.Parallel()
	r, c := &roster{due: jobs(2345)}, &ticks{}
	r.due[7].Life = time.Date(2026, 11, 24, 12, 0, 0, 1e6, time.UTC).UnixMilli() // began after the instant
	served, err := beat(t, r, c, monitor.MetronomeOptions{})
	if want := (monitor.Served{Instants: 1, Taken: 2344}); err != nil || served != want || r.served != 1 {
		t.Errorf("%+v, %v, %d served, want %+v and 1", served, err, r.served, want)
	}
	for tick, n := range c.got {
		if n != 1 {
			t.Errorf("%s: %d ticks, want 1", tick, n)
		}
	}
	if len(c.got) != 2344 {
		t.Errorf("%d ticks of different jobs, want 2344", len(c.got))
	}
	first := maps.Clone(c.got)
	if _, err := beat(t, r, c, monitor.MetronomeOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, c.got); diff != "" {
		t.Errorf("the beat that came again has other ticks (-first +again):\n%s", diff)
	}
}

// A tick that may succeed later is tried three times, a refused one and one that panics
// once, and all others are taken.
func TestBeatRepeatsWhatFailed(t *testing.T) {
	t.Parallel()
	var lost []string
	c := &ticks{fail: func(tick monitor.Tick) error {
		switch tick.Job {
		case "j1":
			return failure.Unavailable("later", nil)
		case "j2":
			return errors.New("never")
		case "j3":
			panic("a bug")
		}
		return nil
	}}
	served, err := beat(t, &roster{due: jobs(60)}, c, monitor.MetronomeOptions{
		Lost: func(reason monitor.LostReason, n int) { lost = append(lost, fmt.Sprint(reason, " ", n)) },
	})
	if want := (monitor.Served{Instants: 1, Taken: 59, Lost: 1}); err != nil || served != want {
		t.Errorf("%+v, %v, want %+v", served, err, want)
	}
	if diff := cmp.Diff([]string{"failed 1"}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	for tick, n := range c.got {
		want := 1
		if tick[:3] == "j1 " {
			want = 3
		}
		if n != want {
			t.Errorf("%s: %d attempts, want %d", tick, n, want)
		}
	}
}

// If the jobs cannot be read to the end, the sender repeats the beat, and its claim stays.
func TestBeatKeepsTheClaim(t *testing.T) {
	t.Parallel()
	r, c := &roster{due: jobs(2500), failAt: 2}, &ticks{}
	if _, err := beat(t, r, c, monitor.MetronomeOptions{}); !failure.IsRetryable(err) || r.served != 0 {
		t.Errorf("%v, %d served, want an error that is retried, 0", err, r.served)
	}
	if len(c.got) != 1000 {
		t.Errorf("%d ticks, want those of the first page", len(c.got))
	}
}

// crowd is a Batches that counts how many are under way.
type crowd struct {
	mu              sync.Mutex
	now, most, size int
}

func (c *crowd) enter(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += by
	c.most = max(c.most, c.now)
}

func (c *crowd) Send(_ context.Context, b monitor.Batch) ([]monitor.Due, error) {
	c.enter(1)
	defer c.enter(-1)
	c.mu.Lock()
	c.size = max(c.size, len(b.Due))
	c.mu.Unlock()
	return nil, nil
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	c := &crowd{}
	served, err := beat(t, &roster{due: jobs(5000)}, &ticks{}, monitor.MetronomeOptions{Batches: c, Senders: 3})
	if err != nil || served.Taken != 5000 || c.most > 3 || c.size != monitor.MaxBatch {
		t.Errorf("%+v, %v, %d batches at once of %d jobs at most, want 5000 taken, 3 of 50", served, err, c.most, c.size)
	}
}
