package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestSweepReconcilesSchedules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	for _, id := range []job.ID{"a", "b", "c", "d"} {
		b.start(id)
	}
	if err := b.service.Stop(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	life := monitortest.Start.UnixMilli()
	slow := monitortest.Spec("c", "f")
	slow.Period = time.Minute
	for _, change := range []error{
		b.scheduler.Unschedule(t.Context(), "a", life),                        // lost
		b.scheduler.Unschedule(t.Context(), "c", life),                        // of another period
		b.scheduler.Schedule(t.Context(), slow),                               //
		b.scheduler.Schedule(t.Context(), monitortest.Spec("d", "f")),         // of a stopped job
		b.scheduler.Schedule(t.Context(), monitortest.Spec("zz-unknown", "")), // of no job
	} {
		if change != nil {
			t.Fatal(change)
		}
	}
	b.sweep(monitor.Swept{Jobs: 3, Schedules: 4, Created: 1, Replaced: 1, Deleted: 1, Suspected: 1})
	b.at(2 * time.Minute) // the store answered: the job of the last schedule is unknown indeed
	b.sweep(monitor.Swept{Jobs: 3, Schedules: 4, Deleted: 1})
	b.sweep(monitor.Swept{Jobs: 3, Schedules: 3})
	page, next, err := b.scheduler.List(t.Context(), "", 10)
	every := monitortest.Spec("x", "").Schedule().Cron
	want := []monitor.Scheduled{{ID: "a", Life: life, Cron: every}, {ID: "b", Life: life, Cron: every}, {ID: "c", Life: life, Cron: every}}
	if diff := cmp.Diff(want, page); diff != "" || next != "" || err != nil {
		t.Errorf("schedules, %q, %v (-want +got):\n%s", next, err, diff)
	}
}

// The sweep schedules a job whose start could not, however long the API was
// unreachable.
func TestSweepSchedulesWhatStartCouldNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.scheduler.Fail = monitortest.FailOnce(errors.New("forbidden"))
	b.start("a")
	if got := b.status(); got.Scheduled || b.scheduler.Has("a") {
		t.Fatalf("scheduled all the same: %+v", got)
	}
	b.at(time.Hour)
	b.sweep(monitor.Swept{Jobs: 1, Created: 1})
	if got := b.status(); !got.Scheduled || !b.scheduler.Has("a") || !got.Phase.Living() {
		t.Errorf("after the sweep: %+v", got)
	}
}

func TestSweepEndsJobs(t *testing.T) {
	t.Parallel()
	gone := jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{}, &failure.Error{Kind: failure.KindNotFound}
	})
	there := jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{Active: 1}, nil
	})
	complete := jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{Started: true, Complete: true}, nil
	})
	unreachable := jobsFunc(func(context.Context, job.ID) (job.KubeStatus, error) {
		return job.KubeStatus{}, failure.Unavailable("unreachable", nil)
	})
	tests := map[string]struct {
		jobs   monitor.KubeJobs
		at     time.Duration
		ticked time.Duration // when the last tick came; 0 for none
		want   monitor.Swept
		reason string
	}{
		"ticked lately":            {there, 9 * time.Minute, 8 * time.Minute, monitor.Swept{Jobs: 1, Schedules: 1}, ""},
		"no tick, the Job is gone": {gone, 2 * time.Minute, 2 * time.Second, monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1}, "the Job was deleted; 6 of 6 items are left; 0 of 6 items have a result"},
		"no tick, never a Job":     {gone, 2 * time.Minute, 0, monitor.Swept{Jobs: 1, Schedules: 1}, ""},
		"no tick, no API":          {unreachable, 2 * time.Minute, 0, monitor.Swept{Jobs: 1, Schedules: 1}, ""},
		"no tick, complete":        {complete, 2 * time.Minute, 0, monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1}, "the Job is complete; 6 of 6 items are left; 0 of 6 items have a result"},
		"too old":                  {there, 25 * time.Hour, 25 * time.Hour, monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1}, "monitored for longer than 24h0m0s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.build(there)
			b.queue.Set(full, nil)
			b.start("a")
			if tt.ticked > 0 {
				b.at(tt.ticked)
				b.tick("t1", monitor.OutcomeSampled)
			}
			b.build(tt.jobs)
			b.at(tt.at)
			b.sweep(tt.want)
			got := b.status()
			if got.Phase.Living() != (tt.reason == "") || got.Reason != tt.reason || b.scheduler.Has("a") != got.Phase.Living() {
				t.Errorf("phase %s, reason %q, scheduled %t, want reason %q", got.Phase, got.Reason, b.scheduler.Has("a"), tt.reason)
			}
			if tt.reason != "" {
				if _, err := b.service.Report(t.Context(), "a"); err != nil {
					t.Errorf("report: %v", err)
				}
			}
		})
	}
}

// Two sweeps at once repair many jobs, more than a page, and nothing twice.
func TestTwoSweepsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	const many = 1100
	for i := range many {
		b.start(job.ID(fmt.Sprintf("job-%04d", i)))
	}
	for i := 0; i < many; i += 100 {
		if err := b.scheduler.Unschedule(t.Context(), job.ID(fmt.Sprintf("job-%04d", i)), monitortest.Start.UnixMilli()); err != nil {
			t.Fatal(err)
		}
		if err := b.scheduler.Schedule(t.Context(), monitortest.Spec(job.ID(fmt.Sprintf("orphan-%04d", i)), "")); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if got, err := b.service.Sweep(t.Context()); err != nil || got.Jobs != many || got.Failed != 0 {
				t.Errorf("swept %+v, %v", got, err)
			}
		})
	}
	wait.Wait()
	b.at(2 * time.Minute) // the orphans were suspected
	b.sweep(monitor.Swept{Jobs: many, Schedules: many + many/100, Deleted: many / 100})
	b.sweep(monitor.Swept{Jobs: many, Schedules: many})
}
