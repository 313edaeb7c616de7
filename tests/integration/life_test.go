package integration_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// While a job's Redis is stopped, each tick fails. One success resets the count of
// failures.
func TestJobRedisOutage(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t), "RETRIES=5")
	fillQueue(t, queue, 1000)
	s.startJob("a", queue, 3600)
	s.expectTick(t, "a", monitor.OutcomeSampled)

	queue.Stop()
	for failures := 1; failures <= 4; failures++ {
		s.expectTick(t, "a", monitor.OutcomeFailed)
		if got := s.status("a"); got.Failures != failures || got.Phase != job.PhaseRunning || got.LastError == "" {
			t.Fatalf("after %d failures: %+v", failures, got)
		}
	}
	queue.Restart()
	fillQueue(t, queue, 500)
	proctest.Until(t, "a tick is sampled again", func() bool {
		_, outcome, err := s.deliver(t.Context(), newTick("a"))
		return err == nil && outcome == monitor.OutcomeSampled
	})
	if got := s.status("a"); got.Failures != 0 || got.Phase != job.PhaseRunning || got.Progress.Job != 0.5 {
		t.Errorf("after the outage: %+v", got)
	}
}

// A job's Redis does not return: RETRIES consecutive failures over FAIL_AFTER end the
// job, with a report of what was seen before.
func TestJobRedisLost(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SPACING=0", "TICK_SINK="+blackHole(t), "RETRIES=3", "FAIL_AFTER=0s")
	fillQueue(t, queue, 1000)
	s.startJob("a", queue, 3600)
	s.expectTick(t, "a", monitor.OutcomeSampled)
	queue.Stop()
	for range 3 {
		s.expectTick(t, "a", monitor.OutcomeFailed)
	}
	s.expectTick(t, "a", monitor.OutcomeEnded)
	_, counted, err := s.call(t.Context(), http.MethodGet, "/metrics", nil)
	for _, want := range []string{`{outcome="sampled"} 1`, `{outcome="failed"} 3`, `{outcome="ended"} 1`} {
		if err != nil || !strings.Contains(string(counted), "kubejobs_ticks_total"+want+"\n") {
			t.Errorf("metrics lack %q (%v):\n%s", want, err, counted)
		}
	}
	got := s.status("a")
	if got.Phase != job.PhaseFailed || got.Samples != 1 || got.Scheduled {
		t.Errorf("status %+v, want failed with one sample and no schedule", got)
	}
	status, text, err := s.call(t.Context(), http.MethodGet, "/monitoring/a/report", nil)
	var report job.Report
	if err != nil || status != http.StatusOK || json.Unmarshal(text, &report) != nil || report.FinalError.Value == nil {
		t.Errorf("report: %d %s %v, want 200 with the last error", status, text, err)
	}
}

// Eight concurrent starts of one id result in one job and one schedule. Then the ticks
// of the local scheduler monitor the job until its queue is empty.
func TestConcurrentStartsAndLifeByLocalTicks(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "MIN_PERIOD=1s", "TICK_JITTER=0s")
	fillQueue(t, queue, 1000)
	var group errgroup.Group
	for range 8 {
		group.Go(func() error { s.startJob("a", queue, 1); return nil })
	}
	_ = group.Wait() // startJob itself reports errors
	proctest.Until(t, "three samples", func() bool { return s.status("a").Samples >= 3 })
	got := s.status("a")
	if got.Ticks.Surplus != 0 || got.Ticks.Duplicate != 0 || got.Ticks.Received != got.Samples {
		t.Errorf("the job has more than one schedule: %+v", got.Ticks)
	}
	if status, _, err := s.call(t.Context(), http.MethodGet, "/monitoring/a/report", nil); err != nil || status != http.StatusAccepted {
		t.Errorf("report of a running job: %d %v, want 202", status, err)
	}
	if err := queue.Client().Del(t.Context(), "job").Err(); err != nil {
		t.Fatal(err)
	}
	proctest.Until(t, "the job is finished", func() bool { return s.status("a").Phase == job.PhaseFinished })
	got = s.status("a")
	if got.Progress.Job != 1 || got.NextTick != nil || got.Report == nil {
		t.Errorf("a finished job: %+v", got)
	}
	elements, err := queue.Client().LLen(t.Context(), "a:metrics").Result()
	if err != nil || elements != got.Samples {
		t.Errorf("%d elements (%v), want %d", elements, err, got.Samples)
	}
	s.expectTick(t, "a", monitor.OutcomeEnded)
	if again := s.status("a").Samples; again != got.Samples {
		t.Errorf("a tick after the end added a sample: %d, want %d", again, got.Samples)
	}
}

// The process is killed. The next one continues the schedules of the living jobs.
func TestScheduleSurvivesARestart(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "MIN_PERIOD=1s", "TICK_JITTER=0s")
	fillQueue(t, queue, 1000)
	s.startJob("a", queue, 1)
	s.startJob("b", queue, 1)
	proctest.Until(t, "a first sample", func() bool { return s.status("a").Samples > 0 })
	if status, text, err := s.call(t.Context(), http.MethodPut, "/monitoring/b/stop", nil); err != nil || status != http.StatusNoContent {
		t.Fatalf("stop: %d %s %v", status, text, err)
	}
	s.Restart()
	before, stopped := s.status("a").Samples, s.status("b")
	proctest.Until(t, "samples after the restart", func() bool { return s.status("a").Samples >= before+2 })
	if after := s.status("b"); after.Samples != stopped.Samples || after.Ticks.Received != stopped.Ticks.Received {
		t.Errorf("a stopped job is ticked after a restart: %+v", after)
	}
}

// On SIGTERM, a process first answers the tick in progress, and then exits with
// success.
func TestTermination(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t), "LOG_LEVEL=info")
	fillQueue(t, queue, 10)
	s.startJob("a", queue, 3600)
	client := state.Client()
	if err := client.ConfigResetStat(t.Context()).Err(); err != nil { // a start calls HGET as well
		t.Fatal(err)
	}
	queue.Pause()
	defer queue.Resume()
	outcome := make(chan monitor.Outcome, 1)
	go func() {
		_, got, err := s.deliver(t.Context(), newTick("a"))
		if err != nil {
			t.Errorf("the tick in progress was dropped: %v", err)
		}
		outcome <- got
	}()
	proctest.Until(t, "the tick is in progress", func() bool {
		calls, err := client.Info(t.Context(), "commandstats").Result()
		return err == nil && strings.Contains(calls, "cmdstat_hget:")
	})
	if err := s.Terminate(); err != nil {
		t.Errorf("exit: %v, want success\n%s", err, s.Output())
	}
	if got := <-outcome; got != monitor.OutcomeFailed {
		t.Errorf("outcome %q, want %q, because the queue hangs", got, monitor.OutcomeFailed)
	}
}

// expectTick sends a tick and expects its outcome.
func (s *server) expectTick(t *testing.T, id string, want monitor.Outcome) {
	t.Helper()
	status, got, err := s.deliver(t.Context(), newTick(id))
	if err != nil || status != http.StatusOK || got != want {
		t.Fatalf("tick of %s: %d %q %v, want 200 %q", id, status, got, err, want)
	}
}
