package monitor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// restart stops job a and starts it again, a second later: another life.
func (b *bench) restart() int64 {
	b.t.Helper()
	if err := b.service.Stop(b.t.Context(), "a"); err != nil {
		b.t.Fatal(err)
	}
	b.pass(time.Second)
	b.start("a")
	return b.life()
}

// life returns the life of job a.
func (b *bench) life() int64 {
	b.t.Helper()
	record, err := b.store.Load(b.t.Context(), "a", "")
	if err != nil {
		b.t.Fatal(err)
	}
	return record.Spec.Life()
}

// pass advances the clock.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// deliver delivers a tick of a life and expects its outcome.
func (b *bench) deliver(id string, life int64, want monitor.Outcome) {
	b.t.Helper()
	got, err := b.service.Tick(b.t.Context(), monitor.Tick{ID: id, Job: "a", Life: life, Sent: b.clock()})
	if err != nil || got != want {
		b.t.Errorf("tick %s of life %d: %q, %v, want %q", id, life, got, err, want)
	}
}

// expectUntouched expects a new life of job a that no tick has changed.
func (b *bench) expectUntouched(life int64) {
	b.t.Helper()
	if got := b.status(); got.Phase != job.PhasePending || got.Samples != 0 || got.Failures != 0 || got.Ticks.Received != 0 ||
		got.Ticks.Duplicate != 0 || got.Ticks.Surplus != 0 || len(got.Publishers) != 0 {
		b.t.Errorf("the new life was changed: %+v", got)
	}
	if got := b.scheduler.Lives("a"); !slices.Equal(got, []int64{life}) {
		b.t.Errorf("schedules of lives %v, want only %d", got, life)
	}
}

// A tick loads a life; it is stopped and started while the tick is under way.
// Whatever the tick saw belongs to the life that ended.
func TestTickOfALifeThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		queue job.QueueCount
		err   error
	}{
		"it saw work":         {half, nil},
		"it saw the end":      {empty, nil},
		"it could not see":    {job.QueueCount{}, failure.Unavailable("unreachable", nil)},
		"it saw a lost queue": {job.QueueCount{}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.start("a")
			earlier := b.life()
			b.queue.Set(tt.queue, tt.err)
			b.pass(2 * time.Second)
			var later int64
			b.store.Before = func() error {
				if later == 0 {
					later = 1 // the stop commits too
					b.queue.Set(full, nil)
					later = b.restart()
				}
				return nil
			}
			b.deliver("t1", earlier, monitor.OutcomeEnded)
			b.expectUntouched(later)
		})
	}
}

// A tick of an earlier life, however late, changes and removes nothing of a
// later one. It removes the leftover of its own.
func TestLateTickOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	earlier := b.life()
	later := b.restart()
	b.scheduler.Add("a", earlier, "*/2 * * * * *") // its removal failed
	b.queue.Set(empty, nil)
	b.pass(time.Second)
	b.deliver("t1", earlier, monitor.OutcomeEnded)
	b.expectUntouched(later)
	b.deliver("t2", 0, monitor.OutcomeSampled) // one that names no life is of the life that it finds
	if got := b.status(); got.Samples != 1 {
		t.Errorf("%d samples, want 1", got.Samples)
	}
}

// Two lives of an id that start within a millisecond, or after the clock was set
// back, are different ones.
func TestLivesDiffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	first := b.life()
	for name, passed := range map[string]time.Duration{"at once": 0, "an hour earlier": -time.Hour} {
		if err := b.service.Stop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		b.pass(passed)
		b.start("a")
		if got := b.life(); got <= first {
			t.Errorf("started again %s: life %d, want one after %d", name, got, first)
		}
		first = b.life()
	}
}

// The store answers as if it were empty for a while: nothing is removed, and the
// same start again makes sure of the schedule.
func TestStoreIsEmptyForAWhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	life := b.life()
	b.redis.SwapDB(0, 1)
	b.pass(2 * time.Second)
	b.deliver("t1", life, monitor.OutcomeUnknown)
	b.sweep(monitor.Swept{Schedules: 1, Suspected: 1})
	if !b.scheduler.Has("a") {
		t.Fatal("an unknown job's schedule was removed at once")
	}
	b.redis.SwapDB(0, 1)
	b.pass(2 * time.Second)
	b.deliver("t2", life, monitor.OutcomeSampled)
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1})
	if err := b.scheduler.Unschedule(t.Context(), "a", life); err != nil {
		t.Fatal(err)
	}
	b.start("a") // the same request again
	if got := b.scheduler.Lives("a"); !slices.Equal(got, []int64{life}) {
		t.Errorf("schedules of lives %v after the same start again, want %d", got, life)
	}
}

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
	b.sweep(monitor.Swept{Schedules: 1})
	b.sweep(monitor.Swept{Jobs: 1, Schedules: 1})
	if page, _, err := b.service.List(t.Context(), "", 10); err != nil || len(page) != 1 {
		t.Errorf("listed %v, %v, want the job", page, err)
	}
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// With stored status, the end of a Job that was never reported is found by the
// sweep, which asks Kubernetes about jobs that look done.
func TestSweepFindsAnUnreportedEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  job.KubeStatus
		err     error
		queue   job.QueueCount
		phase   job.Phase
		samples int64
	}{
		"complete":              {job.KubeStatus{Started: true, Complete: true}, nil, empty, job.PhaseFinished, 2},
		"failed":                {job.KubeStatus{Started: true, Failed: true, Reason: "DeadlineExceeded"}, nil, empty, job.PhaseFailed, 2},
		"deleted":               {job.KubeStatus{}, &failure.Error{Kind: failure.KindNotFound}, empty, job.PhaseFinished, 2},
		"still working":         {job.KubeStatus{Active: 1, Started: true}, nil, empty, job.PhaseRunning, 1},
		"Kubernetes refuses":    {job.KubeStatus{}, &failure.Error{Kind: failure.KindInternal}, empty, job.PhaseRunning, 1},
		"it does not look done": {job.KubeStatus{Active: 1, Started: true}, nil, half, job.PhaseRunning, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.buildSwept(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) { return tt.answer, tt.err }))
			b.queue.Set(full, nil)
			b.start("a")
			if err := b.service.SaveKubeStatus(t.Context(), "a", job.KubeStatus{Active: 1, Started: true}, 1); err != nil {
				t.Fatal(err)
			}
			b.queue.Set(tt.queue, nil)
			b.pass(2 * time.Second)
			b.deliver("t1", 0, monitor.OutcomeSampled)
			b.pass(2 * time.Second)
			if _, err := b.service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := b.status()
			if got.Phase != tt.phase || got.Samples != tt.samples || b.scheduler.Has("a") != tt.phase.Living() {
				t.Errorf("%s (%s), %d samples, scheduled %t, want %s with %d", got.Phase, got.Reason, got.Samples, b.scheduler.Has("a"), tt.phase, tt.samples)
			}
			if n := int64(len(b.published())); n != tt.samples {
				t.Errorf("%d elements in the list, want %d", n, tt.samples)
			}
		})
	}
}

// A sweep over many healthy jobs with stored status asks Kubernetes about few.
func TestSweepAsksAboutFew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	asked := 0
	b.buildSwept(jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		asked++
		return job.KubeStatus{Active: 1, Started: true}, nil
	}))
	b.queue.Set(full, nil)
	const many = 1000
	for i := range many {
		b.start(job.ID("job-" + string(rune('a'+i/100)) + string(rune('a'+i/10%10)) + string(rune('a'+i%10))))
	}
	b.sweep(monitor.Swept{Jobs: many, Schedules: many})
	if asked == 0 || asked > many/50 { // a hundredth is expected
		t.Errorf("Kubernetes was asked about %d of %d healthy jobs, want about a hundredth, and not none", asked, many)
	}
}
