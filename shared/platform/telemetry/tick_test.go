package telemetry_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/telemetry"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// newJob returns a job of 100 items and 100 s that was submitted at noon.
func newJob(id job.ID, period time.Duration) monitor.Record {
	return monitor.Record{Spec: job.Spec{
		ID: id, Items: 100, Submitted: noon, Budget: 100 * time.Second, Period: period,
	}}
}

// bench holds telemetry with a clock that the test sets, and its ports.
type bench struct {
	t    *testing.T
	now  time.Time
	next store
	made *telemetry.Telemetry
}

func newBench(t *testing.T, jobs int) *bench {
	t.Helper()
	b := &bench{t: t, now: noon}
	b.made = open(t, telemetry.Options{Serve: true, Jobs: jobs, Now: func() time.Time { return b.now }})
	return b
}

// tick records a tick that changed record's state to state.
func (b *bench) tick(record monitor.Record, state job.State) {
	b.t.Helper()
	b.broadcast(monitor.Notice{Spec: record.Spec, State: state, Lost: state.Ticks.Lost - record.State.Ticks.Lost})
	b.made.Tick(b.t.Context(), time.Now(), record.Spec.ID, monitor.OutcomeSampled, nil)
}

func (b *bench) broadcast(n monitor.Notice) { b.made.Broadcaster(&b.next).Broadcast(b.t.Context(), n) }

// running returns a state with a sample at noon and one after that time.
func running(first, last float64, after time.Duration) job.State {
	at := noon.Add(after)
	elapsed := after.Seconds() / 100
	var course forecast.Course
	const points = 5
	for i := range points + 1 {
		x := sample.Sample{At: noon.UnixMilli() + int64(i)*after.Milliseconds()/points, Job: first + (last-first)*float64(i)/points}
		course = course.Fold(forecast.NewPoint(x, 100, 4, 6, false))
	}
	return job.State{Phase: job.PhaseRunning, Course: &course, Asked: 6, Summary: summary.Summary{
		First: &sample.Sample{At: noon.UnixMilli(), Job: first},
		Last:  &sample.Sample{At: at.UnixMilli(), Job: last, Time: elapsed, Error: last - elapsed, Replicas: 4},
	}}
}

func TestTicksAndSweeps(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	ctx := t.Context()
	b.made.Tick(ctx, time.Now(), "a", monitor.OutcomeDuplicate, nil)
	b.made.Tick(ctx, time.Now(), "a", "", errors.New("unavailable"))
	b.made.TicksUnsent(ctx, "busy", 1)
	b.made.Sweep(ctx, monitor.Swept{Jobs: 7, Schedules: 6, Created: 1}, nil)
	b.now = noon.Add(time.Hour)
	b.made.Sweep(ctx, monitor.Swept{Jobs: 1, Deleted: 2}, errors.New("unavailable"))
	expect(t, scrape(t, b.made),
		`kubejobs_ticks_total{outcome="duplicate"} 1`, `kubejobs_ticks_total{outcome="error"} 1`,
		`kubejobs_tick_duration_seconds_count{outcome="error"} 1`, `kubejobs_ticks_unsent_total{reason="busy"} 1`,
		`kubejobs_sweeps_total{result="done"} 1`, `kubejobs_sweeps_total{result="error"} 1`,
		`kubejobs_sweep_actions_total{action="created"} 1`, `kubejobs_sweep_actions_total{action="deleted"} 2`,
		`kubejobs_sweep_jobs 7`, `kubejobs_sweep_schedules 6`,
		`kubejobs_sweep_last_timestamp_seconds `+fmt.Sprint(float64(noon.Unix())),
	)
}

func TestLostAndLateTicks(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	for _, step := range []struct{ before, after int64 }{{0, 0}, {0, 3}, {3, 2}, {2, 4}} { // one lost tick arrived after all
		record := newJob("a", 2*time.Second)
		record.State.Ticks = accounting.Ticks{Lost: step.before}
		b.tick(record, job.State{Phase: job.PhaseRunning, Ticks: accounting.Ticks{Lost: step.after, LastLateness: 300}})
	}
	expect(t, scrape(t, b.made), `kubejobs_ticks_lost_total 5`, `kubejobs_tick_lateness_seconds_count 4`,
		`kubejobs_tick_lateness_seconds_bucket{le="0.25"} 0`, `kubejobs_tick_lateness_seconds_bucket{le="0.5"} 4`)
}

// A notice that is sent again is not counted as a tick.
func TestARepeatedNoticeIsNoTick(t *testing.T) {
	t.Parallel()
	b := newBench(t, 10)
	b.broadcast(monitor.Notice{Spec: newJob("a", time.Second).Spec, State: running(0, 0.5, time.Second), Again: true})
	text := scrape(t, b.made)
	expect(t, text, `kubejobs_jobs 0`)
	refuse(t, text, "kubejobs_tick_lateness_seconds_count", `job_id="a"`)
}

func TestGaugesOfAJob(t *testing.T) {
	t.Parallel()
	b := newBench(t, 10)
	fast := running(0.2, 0.6, 20*time.Second)
	b.tick(newJob("fast", time.Second), fast)
	slow := running(0.2, 0.3, 20*time.Second)
	slow.Health.Status = forecast.StatusAtRisk
	b.tick(newJob("slow", time.Second), slow)
	idle := running(0.2, 0.2, 20*time.Second)
	idle.Health.Status = forecast.StatusStalled
	b.tick(newJob("idle", time.Second), idle)
	b.tick(newJob("new", time.Second), job.State{Phase: job.PhasePending})
	b.tick(newJob("doomed", time.Second), running(0.2, 0.6, 101*time.Second)) // its deadline has passed
	at := func(seconds int) string {
		return fmt.Sprint(float64(noon.Add(time.Duration(seconds) * time.Second).Unix()))
	}
	finish := func(id job.ID, state job.State) string {
		return fmt.Sprint(float64(state.Outlook(newJob(id, time.Second).Spec).P50.UnixMilli()) / 1000)
	}
	text := scrape(t, b.made)
	expect(t, text,
		`kubejobs_job_progress{job_id="fast"} 0.6`, `kubejobs_job_time_progress{job_id="fast"} 0.2`,
		`kubejobs_job_error{job_id="fast"} `+fmt.Sprint(fast.Summary.Last.Error), `kubejobs_job_replicas{job_id="fast"} 4`,
		`kubejobs_job_deadline_timestamp_seconds{job_id="fast"} `+at(100),
		`kubejobs_job_expected_finish_timestamp_seconds{job_id="fast"} `+finish("fast", fast),
		`kubejobs_job_at_risk{job_id="fast"} 0`, `kubejobs_job_stalled{job_id="fast"} 0`,
		`kubejobs_job_expected_finish_timestamp_seconds{job_id="slow"} `+finish("slow", slow),
		`kubejobs_job_finish_timestamp_seconds{job_id="fast",quantile="0.5"} `+finish("fast", fast),
		`kubejobs_job_miss_probability{job_id="fast"} `+fmt.Sprint(fast.Outlook(newJob("fast", time.Second).Spec).Miss),
		`kubejobs_job_replicas_needed{job_id="fast"} `+strconv.FormatInt(fast.Outlook(newJob("fast", time.Second).Spec).Need.Replicas, 10),
		`kubejobs_job_replicas_asked{job_id="fast"} 6`, `kubejobs_job_deadline_out_of_reach{job_id="fast"} 0`,
		`kubejobs_job_no_progress_seconds{job_id="fast"} 20`, `kubejobs_job_deadline_out_of_reach{job_id="doomed"} 1`,
		`kubejobs_job_miss_probability{job_id="doomed"} 1`, `kubejobs_job_replicas_asked{job_id="idle"} 6`,
		`kubejobs_job_at_risk{job_id="slow"} 1`, `kubejobs_job_stalled{job_id="slow"} 0`,
		`kubejobs_job_at_risk{job_id="idle"} 0`, `kubejobs_job_stalled{job_id="idle"} 1`,
		`kubejobs_job_deadline_timestamp_seconds{job_id="new"} `+at(100),
		`kubejobs_jobs 5`, `kubejobs_jobs_unlisted 0`,
	)
	refuse(t, text, `finish_timestamp_seconds{job_id="idle"}`, `progress{job_id="new"}`, `finish_timestamp_seconds{job_id="new"}`,
		`finish_timestamp_seconds{job_id="idle",`, `miss_probability{job_id="idle"}`, `replicas_asked{job_id="new"}`,
		`replicas_needed{job_id="doomed"}`)
	for _, quantile := range []string{"0.1", "0.9"} {
		if !strings.Contains(text, `kubejobs_job_finish_timestamp_seconds{job_id="fast",quantile="`+quantile+`"} `) {
			t.Errorf("the quantile %s is missing", quantile)
		}
	}
}

func TestAJobLosesItsGauges(t *testing.T) {
	t.Parallel()
	const minutely = time.Minute
	tests := map[string]struct {
		period time.Duration
		do     func(*bench)
		want   bool // gauges
	}{
		"within a minute":       {time.Second, func(b *bench) { b.now = noon.Add(time.Minute - 1) }, true},
		"after a minute":        {time.Second, func(b *bench) { b.now = noon.Add(time.Minute) }, false},
		"after four periods":    {minutely, func(b *bench) { b.now = noon.Add(4 * minutely) }, true},
		"after five periods":    {minutely, func(b *bench) { b.now = noon.Add(5 * minutely) }, false},
		"its last tick":         {minutely, func(b *bench) { b.tick(newJob("a", minutely), job.State{Phase: job.PhaseFinished}) }, false},
		"ended by another call": {minutely, func(b *bench) { b.commit(job.State{Phase: job.PhaseStopped}) }, false},
		"unknown to a tick":     {minutely, func(b *bench) { b.end(monitor.OutcomeUnknown) }, false},
		"ended, says a tick":    {minutely, func(b *bench) { b.end(monitor.OutcomeEnded) }, false},
		"a duplicate tick":      {minutely, func(b *bench) { b.end(monitor.OutcomeDuplicate) }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 10)
			b.tick(newJob("a", tt.period), running(0, 0.5, time.Second))
			expect(t, scrape(t, b.made), `kubejobs_job_progress{job_id="a"} 0.5`, `kubejobs_jobs 1`)
			tt.do(b)
			if text := scrape(t, b.made); tt.want {
				expect(t, text, `kubejobs_job_progress{job_id="a"} 0.5`)
			} else {
				expect(t, text, `kubejobs_jobs 0`)
				refuse(t, text, `{job_id="a"}`)
			}
		})
	}
}

func (b *bench) commit(state job.State) {
	b.t.Helper()
	b.next.committed = monitor.CommitDone
	if _, err := b.made.Store(&b.next).Commit(b.t.Context(), &monitor.Change{ID: "a", State: state}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) end(outcome monitor.Outcome) {
	b.made.Tick(b.t.Context(), time.Now(), "a", outcome, nil)
}

// At most METRICS_JOBS jobs have gauges. The others are counted, and get gauges
// when there is room.
func TestTheTableIsBounded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ limit, jobs, listed, unlisted int }{
		"none":     {0, 3, 0, 3},
		"room":     {5, 3, 3, 0},
		"full":     {3, 3, 3, 0},
		"too many": {3, 10, 3, 7},
		"far more": {3, 12_000, 3, 10_000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tt.limit)
			for range 2 { // the second tick of a job changes no count
				for i := range tt.jobs {
					b.tick(newJob(job.ID(fmt.Sprint("job-", i)), time.Second), running(0, 0.5, time.Second))
				}
			}
			expect(t, scrape(t, b.made), fmt.Sprint("kubejobs_jobs ", tt.listed), fmt.Sprint("kubejobs_jobs_unlisted ", tt.unlisted))
			b.now = noon.Add(time.Hour)
			b.tick(newJob("late", time.Second), running(0, 0.5, time.Second))
			expect(t, scrape(t, b.made), fmt.Sprint("kubejobs_jobs ", min(tt.limit, 1)),
				fmt.Sprint("kubejobs_jobs_unlisted ", 1-min(tt.limit, 1)))
		})
	}
}
