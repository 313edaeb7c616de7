package job_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

func advance(spec job.Spec, state job.State, obs job.Observation, limit job.FailureLimit) job.Transition {
	return job.Advance(&spec, &state, &obs, limit)
}

func advanceLate(spec job.Spec, state job.State, obs job.Observation) job.Transition {
	return job.AdvanceLate(&spec, &state, &obs)
}

// One observation of a job that nothing is known of yet, at 6 s of 60.
func TestAdvance(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		queue    job.QueueCount
		kube     *job.KubeStatus
		workSeen bool // before
		phase    job.Phase
		reason   string
		share    float64 // of the items
		replicas int64
	}{
		"empty lists may not be filled yet":    {phase: job.PhasePending},
		"empty lists after work was seen":      {workSeen: true, phase: job.PhaseFinished, reason: "the queue is empty; 0 of 6 items have a result", share: 1},
		"all items wait":                       {queue: job.QueueCount{Queued: 6}, phase: job.PhaseRunning},
		"one is in flight":                     {queue: job.QueueCount{Queued: 2, InFlight: 1}, phase: job.PhaseRunning, share: 0.5, replicas: 1},
		"only results":                         {queue: job.QueueCount{Results: 6}, phase: job.PhaseFinished, reason: "the queue is empty", share: 1},
		"more items than the job had":          {queue: job.QueueCount{Queued: 9}, phase: job.PhaseRunning},
		"a Job without pods":                   {kube: &job.KubeStatus{}, phase: job.PhasePending},
		"a Job without pods, a filled queue":   {queue: job.QueueCount{Queued: 6}, kube: &job.KubeStatus{}, phase: job.PhaseRunning},
		"a Job that was suspended":             {kube: &job.KubeStatus{Suspended: true}, phase: job.PhasePending},
		"a Job with pods, an empty queue":      {kube: &job.KubeStatus{Active: 3}, phase: job.PhaseRunning, share: 1, replicas: 3},
		"a Job whose pods have run":            {kube: &job.KubeStatus{Started: true}, phase: job.PhaseRunning, share: 1},
		"a Job that is complete":               {kube: &job.KubeStatus{Complete: true}, phase: job.PhaseFinished, reason: "the Job is complete; 0 of 6 items have a result", share: 1},
		"a complete Job wins over the queue":   {queue: job.QueueCount{Queued: 3}, kube: &job.KubeStatus{Complete: true}, phase: job.PhaseFinished, reason: "the Job is complete; 3 of 6 items are left; 0 of 6 items have a result", share: 0.5},
		"a Job that failed":                    {queue: job.QueueCount{Queued: 3}, kube: &job.KubeStatus{Failed: true, Reason: "BackoffLimitExceeded"}, phase: job.PhaseFailed, reason: "the Job failed: BackoffLimitExceeded; 3 of 6 items are left; 0 of 6 items have a result", share: 0.5},
		"with a Job the empty queue is no end": {workSeen: true, kube: &job.KubeStatus{Active: 1}, phase: job.PhaseRunning, share: 1, replicas: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := job.State{Phase: job.PhasePending, WorkSeen: tt.workSeen, Failures: 2, LastError: "refused"}
			obs := observed(6, tt.queue, tt.kube)
			got := advance(newSpec(), before, obs, limit)
			want := sample.Sample{At: obs.At.UnixMilli(), Job: tt.share, Time: 0.1, Error: tt.share - 0.1, Replicas: tt.replicas}
			if diff := cmp.Diff(&want, got.Sample); diff != "" {
				t.Errorf("sample (-want +got):\n%s", diff)
			}
			if got.State.Phase != tt.phase || got.State.Reason != tt.reason {
				t.Errorf("phase %s, reason %q, want %s, %q", got.State.Phase, got.State.Reason, tt.phase, tt.reason)
			}
			if ended := got.State.EndedAt != 0; ended == tt.phase.Living() {
				t.Errorf("ended at %d in phase %s", got.State.EndedAt, tt.phase)
			}
			if got.State.Failures != 0 || got.State.Summary.Count != 1 || got.Settled != nil || got.Step != (history.Step{}) {
				t.Errorf("transition %+v, want no failure, one fold and nothing settled", got)
			}
		})
	}
}

// A timeline of a job's life: its samples' times rise, the one before is
// settled when its second is over, and the end comes with the empty queue.
func TestAdvanceTimeline(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	type want struct {
		at      int64 // milliseconds after the start
		settled bool
		phase   job.Phase
	}
	steps := []struct {
		name string
		obs  job.Observation
		want want
	}{
		{"nothing in the lists yet", observed(2, job.QueueCount{}, nil), want{2000, false, job.PhasePending}},
		{"filled", observed(4, job.QueueCount{Queued: 6}, nil), want{4000, true, job.PhaseRunning}},
		{"the same instant: raised by the least amount", observed(4, job.QueueCount{Queued: 5}, nil), want{4001, false, job.PhaseRunning}},
		{"a clock that was set back", observed(3, job.QueueCount{Queued: 4}, nil), want{4002, false, job.PhaseRunning}},
		{"the next second settles the one before", observed(5, job.QueueCount{Queued: 1}, nil), want{5000, true, job.PhaseRunning}},
		{"done", observed(7, job.QueueCount{Results: 6}, nil), want{7000, true, job.PhaseFinished}},
	}
	state := job.New(spec, false, nil)
	for i, step := range steps {
		got := advance(spec, state, step.obs, limit)
		state = got.State
		if at := got.Sample.At - start.UnixMilli(); at != step.want.at || (got.Settled != nil) != step.want.settled ||
			got.Step.Keep != step.want.settled || state.Phase != step.want.phase {
			t.Errorf("%s: at %d ms, settled %v, step %+v, phase %s, want %+v",
				step.name, at, got.Settled, got.Step, state.Phase, step.want)
		}
		if state.Summary.Count != int64(i+1) {
			t.Errorf("%s: %d folds, want %d", step.name, state.Summary.Count, i+1)
		}
	}
	if state.History.Seen != 3 || state.EndedAt != start.UnixMilli()+7000 {
		t.Errorf("history %+v, ended at %d, want 3 settled samples and the end at 7 s", state.History, state.EndedAt)
	}
}

// Health is judged while a job runs, by the deadline and the schedule of its
// spec, and no longer once it has ended.
func TestAdvanceJudgesHealth(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	spec.Items = 100
	state := job.New(spec, true, nil)
	for i := range 12 { // 12 items in 24 s: 100 items need far longer than a minute
		queue := job.QueueCount{Queued: 98 - int64(i), InFlight: 1}
		state = advance(spec, state, observed(float64(2*i+2), queue, nil), limit).State
	}
	if got := state.Health.Now(); got != forecast.StatusAtRisk {
		t.Fatalf("health %s, want at-risk", got)
	}
	for i := range 20 { // then nothing for 40 s: longer than ten periods
		state = advance(spec, state, observed(float64(2*i+26), job.QueueCount{Queued: 87}, nil), limit).State
	}
	if got := state.Health.Now(); got != forecast.StatusStalled {
		t.Errorf("health %s, want stalled", got)
	}
	state = advance(spec, state, observed(70, job.QueueCount{Results: 6}, nil), limit).State
	if got := state.Health.Now(); got != forecast.StatusStalled || state.Phase != job.PhaseFinished {
		t.Errorf("health %s in phase %s, want the last one of the finished job", got, state.Phase)
	}
}

// Consecutive failures end a job once they are as many, and have lasted as long,
// as the limit says.
func TestFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limit  job.FailureLimit
		every  time.Duration
		number int // of the failure that ends the job
	}{
		"by their number":                {job.FailureLimit{Count: 3}, 2 * time.Second, 3},
		"by how long they last":          {job.FailureLimit{Count: 1, For: time.Minute}, 20 * time.Second, 4},
		"both: the number comes last":    {job.FailureLimit{Count: 5, For: 4 * time.Second}, 2 * time.Second, 5},
		"both: the duration comes last":  {job.FailureLimit{Count: 2, For: 10 * time.Second}, 2 * time.Second, 6},
		"one failure":                    {job.FailureLimit{Count: 1}, time.Second, 1},
		"exactly as long as the limit":   {job.FailureLimit{Count: 1, For: 2 * time.Second}, 2 * time.Second, 2},
		"a day between two observations": {job.FailureLimit{Count: 1, For: time.Minute}, 24 * time.Hour, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := running(forecast.StatusOK)
			for i := 1; i <= tt.number; i++ {
				obs := job.Observation{At: start.Add(time.Duration(i) * tt.every), Queue: job.QueueHalf{Error: "refused"}}
				got := advance(newSpec(), state, obs, tt.limit)
				state = got.State
				if got.Sample != nil || state.Failures != i || state.LastError != "refused" {
					t.Fatalf("failure %d: %+v, want no sample and the count", i, got)
				}
				if ended := !state.Phase.Living(); ended != (i == tt.number) {
					t.Fatalf("failure %d: ended %t, want the end at %d", i, ended, tt.number)
				}
			}
			want := fmt.Sprintf("%d failures in a row, the last: refused", tt.number)
			if state.Phase != job.PhaseFailed || state.Reason != want {
				t.Errorf("%s, %q, want failed, %q", state.Phase, state.Reason, want)
			}
		})
	}
}

// A success forgets the failures before it, and so how long they lasted.
func TestSuccessForgetsFailures(t *testing.T) {
	t.Parallel()
	state := running(forecast.StatusOK)
	slow := job.FailureLimit{Count: 2, For: 3 * time.Second}
	for i, queue := range []job.QueueHalf{
		{Error: "refused"}, {Error: "refused"}, {Count: &job.QueueCount{Queued: 5}}, {Error: "refused"}, {Error: "refused"},
	} {
		state = advance(newSpec(), state, job.Observation{At: start.Add(time.Duration(2*i) * time.Second), Queue: queue}, slow).State
	}
	if !state.Phase.Living() || state.Failures != 2 || state.FailingSince != start.UnixMilli()+6000 {
		t.Errorf("%+v, want a living job with two failures since 6 s", state)
	}
}

// Texts of others are cut and cleaned where they enter the state.
func TestTextsInTheStateAreClean(t *testing.T) {
	t.Parallel()
	spec := job.Spec{ID: "a", Items: 6, Budget: time.Minute, Submitted: time.Unix(0, 0), Period: 2 * time.Second}
	long := "a\x1b[31m\u202e" + strings.Repeat("é", 1000)
	unobserved := job.Observation{
		At: time.Unix(10, 0), Queue: job.QueueHalf{Error: long}, Kube: job.KubeHalf{Asked: true, Error: long},
	}
	state := advance(spec, job.New(spec, false, nil), unobserved, job.FailureLimit{Count: 1}).State
	failed := job.Observation{
		At: time.Unix(10, 0), Queue: job.QueueHalf{Error: long},
		Kube: job.KubeHalf{Asked: true, Status: &job.KubeStatus{Failed: true, Reason: long}},
	}
	ended := advance(spec, job.New(spec, false, nil), failed, job.FailureLimit{Count: 3}).State
	for name, text := range map[string]string{
		"last error": state.LastError, "reason of too many failures": state.Reason, "reason of a failed Job": ended.Reason,
		"gap of the queue": state.QueueGap.Error, "gap of the Job": state.KubeGap.Error,
	} {
		if !strings.HasSuffix(text, "é…") || utf8.RuneCountInString(text) != failure.MaxText || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s = %q, want %d printable characters", name, text, failure.MaxText)
		}
	}
}
