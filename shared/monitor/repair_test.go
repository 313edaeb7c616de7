package monitor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// Right after a long outage of the store every job looks stale. A sweep only
// suspects them; a later one ends those whose ticks did not come back.
func TestStaleJobsAreSuspectedFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	life := b.life()
	b.pass(time.Hour)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Suspected: 1})
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Suspected: 1}) // at the same time: still only suspected
	b.pass(time.Second)
	b.deliver("t1", life, monitor.OutcomeSampled)
	b.pass(5 * time.Minute)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1})
	if got := b.status(); got.Phase != job.PhaseRunning {
		t.Fatalf("%s, %q, want running: its ticks came back", got.Phase, got.Reason)
	}
	b.pass(time.Hour)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Suspected: 1}) // the old suspicion does not count
	b.pass(5 * time.Minute)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1})
	if got := b.status(); got.Phase != job.PhaseFailed || got.Reason != "no tick came for longer than 10m0s" || b.scheduler.Has("a") {
		t.Errorf("%s, %q, scheduled %t, want failed without a schedule", got.Phase, got.Reason, b.scheduler.Has("a"))
	}
}

// What the store has lost of a job the sweep corrects: the mark that it is
// scheduled, and its entry in the index.
func TestSweepHealsTheStore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	if err := b.store.MarkScheduled(t.Context(), "a", b.life(), false); err != nil {
		t.Fatal(err)
	}
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1})
	if !b.status().Scheduled {
		t.Error("the mark was not corrected")
	}
	b.redis.Del("monitor:index")
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Recovered: 1})
	b.expectListed("a")
}

// expectListed expects the list to hold these jobs.
func (b *bench) expectListed(want ...job.ID) {
	b.t.Helper()
	page, _, err := b.service.List(b.t.Context(), "", 10)
	if err != nil {
		b.t.Fatal(err)
	}
	var got []job.ID
	for _, view := range page {
		got = append(got, view.ID)
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("listed %v, want %v", got, want)
	}
}

// The part of the store at which a sweep looks does not hold the job that the index has
// lost, or the sweep may not look: the job's schedule is enough.
func TestSweepHealsTheIndexBySchedules(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"elsewhere": nil, "refused": failure.Unavailable("the user lacks a right", nil)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.store.Store = blindStore{b.store.Store, err}
			b.queue.Set(full, nil)
			b.start("a")
			b.redis.Del("monitor:index")
			failed := 0
			if err != nil {
				failed = 1
			}
			b.sweep(monitor.Swept{Schedules: 1, Failed: failed})
			b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Failed: failed})
			b.expectListed("a")
		})
	}
}

// blindStore is a store that finds no lost job.
type blindStore struct {
	monitor.Store
	err error
}

func (s blindStore) Recover(context.Context) (int, error) { return 0, s.err }

// A job has lost its entry in the index and its schedule, as when the index is deleted and
// the process with the local scheduler starts again.
func TestSweepFindsAJobThatLostAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	for _, id := range []job.ID{"a", "b", "ended"} {
		b.start(id)
	}
	if err := b.service.Stop(t.Context(), "ended"); err != nil {
		t.Fatal(err)
	}
	b.redis.Del("monitor:index")
	for _, id := range []job.ID{"a", "b"} {
		for _, life := range b.scheduler.Lives(id) {
			must(t, b.scheduler.Unschedule(t.Context(), id, life))
		}
	}
	b.sweep(monitor.Swept{Jobs: 2, Created: 2, Recovered: 2})
	b.expectListed("a", "b")
	b.pass(2 * time.Second)
	b.deliver("t1", b.life(), monitor.OutcomeSampled)
	b.sweep(monitor.Swept{Jobs: 2, Schedules: 2})
}

// Schedules of other lives, of ended jobs and of a version that named no life are
// replaced by the one of the living life.
func TestSweepRemovesSchedulesOfOtherLives(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	life := b.life()
	const cron = "*/2 * * * * *"
	for _, other := range []int64{0, life - 5, life + 5} {
		b.scheduler.Add("a", other, cron)
	}
	b.scheduler.Add("a-b", 0, cron) // an id that begins with the other
	got, err := b.service.Sweep(t.Context())
	if err != nil || got.Deleted != 3 || got.Suspected != 1 || got.Failed != 0 {
		t.Errorf("swept %+v, %v, want three deleted and one suspected", got, err)
	}
	if lives := b.scheduler.Lives("a"); !slices.Equal(lives, []int64{life}) {
		t.Errorf("schedules of lives %v, want %d", lives, life)
	}
}

// The store's record of one job is damaged. The other jobs go on, and the damaged
// one is shown and can be stopped.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*bench){
		"another type": func(b *bench) {
			b.redis.Del("monitor:{bad}:state")
			must(b.t, b.redis.Set("monitor:{bad}:state", "x"))
		},
		"a spec that is no JSON":  func(b *bench) { b.redis.HSet("monitor:{bad}:state", "spec", "{") },
		"a state that is no JSON": func(b *bench) { b.redis.HSet("monitor:{bad}:state", "state", "[1]") },
		"the spec of another job": func(b *bench) { b.redis.HSet("monitor:{bad}:state", "spec", `{"id":"good"}`) },
		"no phase":                func(b *bench) { b.redis.HSet("monitor:{bad}:state", "state", "{}") },
		"a counter that is text":  func(b *bench) { b.redis.HSet("monitor:{bad}:state", "surplus", "x") },
		"no first sample":         damagedState(`{"phase":"pending","summary":{"last":{"at":1}}}`),
		"no last sample":          damagedState(`{"phase":"pending","summary":{"first":{"at":1}}}`),
		"a sample without a year": damagedState(`{"phase":"pending","summary":{"first":{"at":9223372036854775807},"last":{"at":1}}}`),
		"progress over 1":         damagedState(`{"phase":"pending","summary":{"first":{"at":1},"last":{"at":1,"job_progress":1e308}}}`),
		"a gap without a year":    damagedState(`{"phase":"pending","queue_gap":{"since":-9223372036854775808}}`),
		"an end without a year":   damagedState(`{"phase":"pending","ended_at":9223372036854775807}`),
		"a deadline too late": func(b *bench) {
			b.redis.HSet("monitor:{bad}:state", "spec", `{"id":"bad","submitted":"9999-12-31T00:00:00Z","budget_ns":31536000000000000}`)
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			b.start("bad")
			b.start("c")
			damage(b)
			page, _, err := b.service.List(t.Context(), "", 10)
			if err != nil || len(page) != 3 || page[1].ID != "bad" || page[1].Phase != monitor.PhaseUnreadable || page[2].Phase != job.PhasePending {
				t.Errorf("listed %+v, %v, want three jobs, the second unreadable", page, err)
			}
			got, err := b.service.Sweep(t.Context())
			if err != nil || got.Jobs != 2 || got.Unreadable != 1 || got.Deleted != 0 {
				t.Errorf("swept %+v, %v, want two jobs and one unreadable", got, err)
			}
			if err := b.service.Resume(t.Context()); err != nil {
				t.Errorf("resume: %v", err)
			}
			b.at(2 * time.Second)
			outcome, err := b.service.Tick(t.Context(), monitor.Tick{ID: "t1", Job: "bad"})
			if err != nil || outcome != monitor.OutcomeUnreadable {
				t.Errorf("tick: %q, %v, want it acknowledged", outcome, err)
			}
			if _, err := b.service.Start(t.Context(), request("bad")); failure.KindOf(err) != failure.KindConflict {
				t.Errorf("start: %v, want a conflict that names the way out", err)
			}
			if err := b.service.Stop(t.Context(), "bad"); err != nil {
				t.Fatal(err)
			}
			b.start("bad")
			if page, _, err := b.service.List(t.Context(), "", 10); err != nil || len(page) != 3 || page[1].Phase != job.PhasePending {
				t.Errorf("after stop and start: %+v, %v, want a pending job", page, err)
			}
		})
	}
}

// The schedule that a sweep replaces, or that was lost, cannot be created now: the
// status says that there is none, until a later sweep creates it.
func TestSweepThatCannotSchedule(t *testing.T) {
	t.Parallel()
	for name, cron := range map[string]string{"replaced, and still being deleted": "*/5 * * * * *", "lost": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			must(t, b.scheduler.Unschedule(t.Context(), "a", b.life()))
			if cron != "" {
				b.scheduler.Add("a", b.life(), cron)
			}
			b.scheduler.Fail = monitortest.FailOnce(failure.Unavailable("being deleted", nil))
			if swept, err := b.service.Sweep(t.Context()); err != nil || swept.Failed != 1 {
				t.Errorf("swept %+v, %v, want one failed repair", swept, err)
			}
			if b.status().Scheduled {
				t.Error("scheduled, want not while there is no schedule")
			}
			b.sweep(monitor.Swept{Jobs: 1, Created: 1})
			if !b.status().Scheduled || !b.scheduler.Has("a") {
				t.Error("not scheduled after the next sweep")
			}
		})
	}
}

func damagedState(text string) func(*bench) {
	return func(b *bench) { b.redis.HSet("monitor:{bad}:state", "state", text) }
}
