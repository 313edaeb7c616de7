package job_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

// queue returns the half of a queue that was read.
func queue(queued, inFlight, results int64) job.QueueHalf {
	return job.QueueHalf{Count: &job.QueueCount{Queued: queued, InFlight: inFlight, Results: results}}
}

// What is known decides, whichever half is missing. The job has 6 items, of
// which the last tick saw 4 done with their results.
func TestHalvesDecide(t *testing.T) {
	t.Parallel()
	unreadable := job.QueueHalf{Error: "refused"}
	none, unknown := job.KubeHalf{}, job.KubeHalf{Asked: true, Error: "forbidden"}
	absent := job.KubeHalf{Asked: true, Absent: true, Error: "the Job does not exist"}
	has := func(status job.KubeStatus) job.KubeHalf { return job.KubeHalf{Asked: true, Status: &status} }
	active, complete := has(job.KubeStatus{Active: 2, Started: true}), has(job.KubeStatus{Started: true, Complete: true})
	failed := has(job.KubeStatus{Started: true, Failed: true, Reason: "DeadlineExceeded"})
	deletedComplete := has(job.KubeStatus{Complete: true, Gone: true})

	tests := map[string]struct {
		queue    job.QueueHalf
		kube     job.KubeHalf
		kubeSeen bool // before
		phase    job.Phase
		reason   string
		failure  string // LastError of a counted failure
		sampled  bool
	}{
		"both halves, it goes on":                    {queue(1, 1, 4), active, true, job.PhaseRunning, "", "", true},
		"complete":                                   {queue(0, 0, 6), complete, true, job.PhaseFinished, "the Job is complete", "", true},
		"complete, items left":                       {queue(1, 1, 4), complete, true, job.PhaseFinished, "the Job is complete; 2 of 6 items are left; 4 of 6 items have a result", "", true},
		"complete, fewer results than items":         {queue(0, 0, 5), complete, true, job.PhaseFinished, "the Job is complete; 5 of 6 items have a result", "", true},
		"complete, the queue cannot be read":         {unreadable, complete, true, job.PhaseFinished, "the Job is complete; the queue could not be read", "", false},
		"complete, then deleted":                     {queue(0, 0, 6), deletedComplete, true, job.PhaseFinished, "the Job is complete", "", true},
		"complete, but the queue was lost":           {queue(0, 0, 0), complete, true, job.PhaseFailed, "the Job is complete, but the queue was lost: both lists are empty, and the results fell from 4 to 0", "", false},
		"failed":                                     {queue(2, 0, 4), failed, true, job.PhaseFailed, "the Job failed: DeadlineExceeded; 2 of 6 items are left; 4 of 6 items have a result", "", true},
		"failed, the queue cannot be read":           {unreadable, failed, true, job.PhaseFailed, "the Job failed: DeadlineExceeded; the queue could not be read", "", false},
		"deleted with everything done":               {queue(0, 0, 6), absent, true, job.PhaseFinished, "the Job was deleted and the queue is empty", "", true},
		"deleted, fewer results than items":          {queue(0, 0, 5), absent, true, job.PhaseFinished, "the Job was deleted and the queue is empty; 5 of 6 items have a result", "", true},
		"deleted with items left":                    {queue(2, 0, 4), absent, true, job.PhaseRunning, "", "the Job was deleted; 2 of 6 items are left; 4 of 6 items have a result", true},
		"deleted, the queue cannot be read":          {unreadable, absent, true, job.PhaseRunning, "", "the Job was deleted; the queue could not be read: refused", false},
		"deleted, the queue was lost":                {queue(0, 0, 1), absent, true, job.PhaseRunning, "", "the queue was lost: both lists are empty, and the results fell from 4 to 1", false},
		"never a Job, items left":                    {queue(2, 0, 4), absent, false, job.PhaseRunning, "", "", true},
		"never a Job, everything done":               {queue(0, 0, 6), absent, false, job.PhaseFinished, "the queue is empty", "", true},
		"never a Job, the queue cannot be read":      {unreadable, absent, false, job.PhaseRunning, "", "refused", false},
		"Kubernetes refuses, items left":             {queue(2, 0, 4), unknown, true, job.PhaseRunning, "", "", true},
		"Kubernetes refuses, the lists are empty":    {queue(0, 0, 6), unknown, true, job.PhaseRunning, "", "", true},
		"Kubernetes refuses, neither half":           {unreadable, unknown, true, job.PhaseRunning, "", "refused", false},
		"a working Job, the queue cannot be read":    {unreadable, active, true, job.PhaseRunning, "", "refused", false},
		"without Kubernetes, items left":             {queue(2, 0, 4), none, false, job.PhaseRunning, "", "", true},
		"without Kubernetes, everything done":        {queue(0, 0, 6), none, false, job.PhaseFinished, "the queue is empty", "", true},
		"without Kubernetes, the queue was lost":     {queue(0, 0, 0), none, false, job.PhaseRunning, "", "the queue was lost: both lists are empty, and the results fell from 4 to 0", false},
		"without Kubernetes, results fell, not lost": {queue(3, 0, 3), none, false, job.PhaseRunning, "", "", true},
		"without Kubernetes, the queue is unread":    {unreadable, none, false, job.PhaseRunning, "", "refused", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := running(forecast.StatusOK)
			before.KubeSeen, before.Queue = tt.kubeSeen, queue(1, 1, 4).Count
			obs := job.Observation{At: start.Add(10 * time.Second), Queue: tt.queue, Kube: tt.kube}
			got := advance(newSpec(), before, obs, limit)
			if s := got.State; s.Phase != tt.phase || s.Reason != tt.reason {
				t.Errorf("%s, %q, want %s, %q", s.Phase, s.Reason, tt.phase, tt.reason)
			}
			if got.State.LastError != tt.failure || (got.State.Failures != 0) != (tt.failure != "") {
				t.Errorf("%d failures, %q, want %q", got.State.Failures, got.State.LastError, tt.failure)
			}
			if (got.Sample != nil) != tt.sampled {
				t.Errorf("sample %v, want one: %t", got.Sample, tt.sampled)
			}
			for half, gap := range map[string]struct {
				got  *job.Gap
				want string
			}{"queue": {got.State.QueueGap, tt.queue.Error}, "kube": {got.State.KubeGap, tt.kube.Error}} {
				var want *job.Gap
				if gap.want != "" {
					want = &job.Gap{Since: obs.At.UnixMilli(), Error: gap.want}
				}
				if diff := cmp.Diff(want, gap.got); diff != "" {
					t.Errorf("gap of the %s half (-want +got):\n%s", half, diff)
				}
			}
		})
	}
}

// A consumer of the results makes their number meaningless: it was lower than
// the completed items before.
func TestConsumedResultsAreNoLoss(t *testing.T) {
	t.Parallel()
	before := running(forecast.StatusOK)
	before.Queue = queue(1, 1, 3).Count // 4 done, 3 results
	got := advance(newSpec(), before, job.Observation{At: start.Add(time.Minute), Queue: queue(0, 0, 0)}, limit)
	if got.State.Phase != job.PhaseFinished || got.State.Reason != "the queue is empty; 0 of 6 items have a result" {
		t.Errorf("%s, %q, want finished by the empty queue", got.State.Phase, got.State.Reason)
	}
}

// A lost queue is a failure like others: if it comes back, the job goes on.
func TestLostQueueComesBack(t *testing.T) {
	t.Parallel()
	spec, state := newSpec(), running(forecast.StatusOK)
	steps := []struct {
		queue    job.QueueHalf
		failures int
	}{
		{queue(2, 0, 4), 0}, {queue(0, 0, 0), 1}, {queue(0, 0, 0), 2}, {queue(1, 0, 5), 0}, {queue(0, 0, 0), 1}, {queue(0, 0, 6), 0},
	}
	for i, step := range steps {
		state = advance(spec, state, job.Observation{At: start.Add(time.Duration(2*i) * time.Second), Queue: step.queue}, limit).State
		if state.Failures != step.failures {
			t.Errorf("step %d: %d failures, want %d", i, state.Failures, step.failures)
		}
	}
	if state.Phase != job.PhaseFinished || state.Reason != "the queue is empty" {
		t.Errorf("%s, %q, want finished", state.Phase, state.Reason)
	}
}

// A gap lasts from its first tick to the first one that reads the half. Once the
// job status has been unknown for a minute, the empty queue ends the job.
func TestGaps(t *testing.T) {
	t.Parallel()
	spec, state := newSpec(), running(forecast.StatusOK)
	state.KubeSeen = true
	unknown := func(text string) job.KubeHalf { return job.KubeHalf{Asked: true, Error: text} }
	known := job.KubeHalf{Asked: true, Status: &job.KubeStatus{Active: 1}}
	steps := []struct {
		seconds int
		kube    job.KubeHalf
		since   int // seconds; -1: no gap
		living  bool
	}{
		{0, unknown("forbidden"), 0, true},
		{59, unknown("timed out"), 0, true},
		{60, known, -1, true},
		{62, unknown("forbidden"), 62, true},
		{121, unknown("forbidden"), 62, true},
		{122, unknown("forbidden"), 62, false},
	}
	for _, step := range steps {
		obs := job.Observation{At: start.Add(time.Duration(step.seconds) * time.Second), Queue: queue(0, 0, 6), Kube: step.kube}
		state = advance(spec, state, obs, limit).State
		since := -1
		if state.KubeGap != nil {
			since = int(state.KubeGap.Since-start.UnixMilli()) / 1000
			if state.KubeGap.Error != step.kube.Error {
				t.Errorf("at %d s: %q, want the latest reason", step.seconds, state.KubeGap.Error)
			}
		}
		if since != step.since || state.Phase.Living() != step.living {
			t.Errorf("at %d s: gap since %d, phase %s, want %d, living %t", step.seconds, since, state.Phase, step.since, step.living)
		}
	}
}

// The number of replicas is that of the half that knows it.
func TestReplicas(t *testing.T) {
	t.Parallel()
	absent := job.KubeHalf{Asked: true, Absent: true, Error: "the Job does not exist"}
	tests := map[string]struct {
		kube     job.KubeHalf
		kubeSeen bool
		want     int64
	}{
		"active pods":                  {job.KubeHalf{Asked: true, Status: &job.KubeStatus{Active: 5}}, true, 5},
		"no pod":                       {job.KubeHalf{Asked: true, Status: &job.KubeStatus{}}, true, 0},
		"unknown: as in the last":      {job.KubeHalf{Asked: true, Error: "forbidden"}, true, 3},
		"a deleted Job":                {absent, true, 0},
		"never a Job: items in flight": {absent, false, 2},
		"without Kubernetes":           {job.KubeHalf{}, false, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			active := job.KubeStatus{Active: 3}
			state := advance(newSpec(), running(""), observed(2, job.QueueCount{Queued: 4, InFlight: 2}, &active), limit).State
			state.KubeSeen = tt.kubeSeen
			obs := job.Observation{At: start.Add(4 * time.Second), Queue: queue(4, 2, 0), Kube: tt.kube}
			if got := advance(newSpec(), state, obs, limit).Sample.Replicas; got != tt.want {
				t.Errorf("%d replicas, want %d", got, tt.want)
			}
		})
	}
}

// A suspended job is no stall however long it is suspended, and may stall again
// ten periods after it goes on. Its time still runs.
func TestSuspended(t *testing.T) {
	t.Parallel()
	spec, state := newSpec(), running(forecast.StatusOK)
	spec.Budget = time.Hour
	tick := func(seconds int, status job.KubeStatus) {
		obs := observed(float64(seconds), job.QueueCount{Queued: 4, Results: 2}, &status)
		state = advance(spec, state, obs, limit).State
	}
	seconds := 0
	for range 150 { // five minutes
		seconds += 2
		tick(seconds, job.KubeStatus{Suspended: true, Started: true})
		if !state.Suspended || state.Health.Now() == forecast.StatusStalled {
			t.Fatalf("after %d s: suspended %t, %s, want suspended and no stall", seconds, state.Suspended, state.Health.Now())
		}
	}
	tick(seconds+2, job.KubeStatus{Active: 2, Started: true})
	if state.Suspended || state.Health.Now() == forecast.StatusStalled {
		t.Errorf("right after it goes on: suspended %t, %s, want neither", state.Suspended, state.Health.Now())
	}
	if got := state.Summary.Last.Time; math.Abs(got-302.0/3600) > 1e-9 {
		t.Errorf("time progress %v, want 302 s of an hour", got)
	}
	tick(seconds+2+800, job.KubeStatus{Active: 2, Started: true})
	if got := state.Health.Now(); got != forecast.StatusStalled {
		t.Errorf("without progress for long after that: %s, want stalled", got)
	}
	tick(seconds+2+802, job.KubeStatus{Suspended: true, Complete: true})
	if state.Suspended {
		t.Error("a complete Job is suspended")
	}
}

// A tick that another one overtook is counted, with its own time; it neither
// replaces the last sample nor ends the job.
func TestAdvanceLate(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	state := advance(spec, running(""), observed(6, job.QueueCount{Queued: 1, Results: 5}, nil), limit).State
	got := advanceLate(spec, state, observed(4, job.QueueCount{Results: 6}, nil))
	if got.Sample == nil || got.Sample.At != start.UnixMilli()+4000 || got.Sample.Job != 1 || got.Settled != nil {
		t.Errorf("sample %+v, settled %v, want the one of 4 s and nothing settled", got.Sample, got.Settled)
	}
	want := state
	want.Summary.Count = 2
	if diff := cmp.Diff(want, got.State); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	unread := job.Observation{At: start.Add(4 * time.Second), Queue: job.QueueHalf{Error: "refused"}}
	if diff := cmp.Diff(job.Transition{State: state}, advanceLate(spec, state, unread)); diff != "" {
		t.Errorf("a late failure (-want +got):\n%s", diff)
	}
}

func TestQueueCountLeft(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		count job.QueueCount
		want  int64
	}{
		"none":       {job.QueueCount{Results: 9}, 0},
		"both lists": {job.QueueCount{Queued: 2, InFlight: 3}, 5},
		"negative":   {job.QueueCount{Queued: -1, InFlight: 3}, 3},
		"too many":   {job.QueueCount{Queued: math.MaxInt64, InFlight: 1}, math.MaxInt64},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.count.Left(); got != tt.want {
				t.Errorf("Left() = %d, want %d", got, tt.want)
			}
		})
	}
}
