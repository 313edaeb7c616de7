package job_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
)

func ptr(n int64) *int64 { return &n }

// What a point takes from an observation.
func TestPointOfACourse(t *testing.T) {
	t.Parallel()
	before := job.State{Phase: job.PhaseRunning, WorkSeen: true, Asked: 7}
	before.Course = courseOf(forecast.Point{At: at(0), Items: 6, Working: 5, Asked: 7})
	queue := job.QueueHalf{Count: &job.QueueCount{Queued: 3, InFlight: 2}}
	tests := map[string]struct {
		kube job.KubeHalf
		want forecast.Point
	}{
		"without Kubernetes": {job.KubeHalf{}, forecast.Point{Working: 2}},
		"active pods": {
			job.KubeHalf{Asked: true, Status: &job.KubeStatus{Active: 4}}, forecast.Point{Working: 4},
		},
		"ready pods": {
			job.KubeHalf{Asked: true, Status: &job.KubeStatus{Active: 4, Ready: ptr(3), Parallelism: ptr(6)}},
			forecast.Point{Working: 3, Asked: 6},
		},
		"none is ready": {
			job.KubeHalf{Asked: true, Status: &job.KubeStatus{Active: 4, Ready: ptr(0)}}, forecast.Point{},
		},
		"suspended": {
			job.KubeHalf{Asked: true, Status: &job.KubeStatus{Suspended: true, Parallelism: ptr(6)}},
			forecast.Point{Asked: 6, Held: true},
		},
		"Kubernetes does not answer": {
			job.KubeHalf{Asked: true, Error: "refused"}, forecast.Point{Working: 5, Asked: 7}, // as before
		},
		"no Job has existed": {job.KubeHalf{Asked: true, Absent: true}, forecast.Point{Working: 2}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			obs := job.Observation{At: start.Add(2 * time.Second), Queue: queue, Kube: tt.kube}
			want := tt.want
			want.At, want.Items, want.Done = at(2), 6, 1
			got := advance(newSpec(), before, obs, limit)
			if got.State.Asked != want.Asked {
				t.Errorf("%d replicas are asked for, want %d", got.State.Asked, want.Asked)
			}
			want.Asked = max(want.Asked, want.Working)
			if diff := cmp.Diff(want, got.State.Course.Last); diff != "" {
				t.Errorf("point (-want +got):\n%s", diff)
			}
			if got.Prospect == nil || got.Prospect.At().UnixMilli() != at(2) {
				t.Errorf("prospect %+v, want that of the point", got.Prospect)
			}
		})
	}
}

// A tick that was overtaken, and one that could not read the queue, leave the course as
// it is.
func TestTicksWithoutAPoint(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	before := advance(spec, job.New(spec, true, nil), observed(4, job.QueueCount{Queued: 4}, nil), limit).State
	late := advanceLate(spec, before, observed(2, job.QueueCount{Queued: 5}, nil))
	blind := advance(spec, before, job.Observation{At: start.Add(6 * time.Second), Queue: job.QueueHalf{Error: "refused"}}, limit)
	for name, got := range map[string]job.Transition{"overtaken": late, "unobserved": blind} {
		if diff := cmp.Diff(before.Course, got.State.Course); diff != "" || got.Prospect != nil || got.Model != nil {
			t.Errorf("%s: prospect %v, course (-before +after):\n%s", name, got.Prospect, diff)
		}
	}
}

// A record that was stored before there was a course is read, and its course begins with
// the next tick.
func TestAnOldRecordHasNoCourse(t *testing.T) {
	t.Parallel()
	var state job.State
	if err := json.Unmarshal([]byte(`{"phase":"running","begun":true,"summary":{"count":0},"history":{},"ticks":{},"health":{}}`), &state); err != nil {
		t.Fatal(err)
	}
	if o := state.Outlook(newSpec()); o != nil {
		t.Errorf("outlook %+v, want none", o)
	}
	got := advance(newSpec(), state, observed(30, job.QueueCount{Queued: 3}, nil), limit)
	if got.State.Course.Count != 1 || got.Prospect.Known() {
		t.Errorf("after a tick %+v, want a course of one point and no forecast", got.State.Course)
	}
}

// The run counts the work between two points, the forecast at the shares and the
// changes that others made.
func TestRun(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	spec.Items = 100
	state := job.New(spec, true, nil)
	for i := range 40 { // two items in each two seconds
		kube := &job.KubeStatus{Active: 4, Parallelism: ptr(4)}
		if i >= 20 {
			kube = &job.KubeStatus{Active: 4, Parallelism: ptr(5)}
		}
		if i == 30 {
			kube.Suspended = true
		}
		obs := observed(float64(2*i), job.QueueCount{Queued: int64(97 - 2*i), InFlight: 3}, kube)
		state = advance(spec, state, obs, limit).State
	}
	if state.Run.Replicas != 38*2*4 || state.Run.Busy != 38*2*3 { // one of the 39 intervals was suspended
		t.Errorf("%v replica-seconds, %v busy, want 304 and 228", state.Run.Replicas, state.Run.Busy)
	}
	var shares []float64
	for _, m := range state.Run.Milestones {
		shares = append(shares, m.Share)
		if m.P10 < m.At || m.P50 < m.P10 || m.P90 < m.P50 {
			t.Errorf("milestone %+v", m)
		}
	}
	if diff := cmp.Diff([]float64{.25, .5, .75}, shares); diff != "" {
		t.Errorf("milestones (-want +got):\n%s", diff)
	}
	want := []job.ScaleChange{{At: at(40), From: 4, To: 5, Reason: "somebody else changed it"}}
	if diff := cmp.Diff(want, state.Changes.Last); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// A job that pauses: the cause is told once the pause is a stall, and the longest stall
// stays.
func TestStalls(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	spec.Items, spec.Budget = 100, 10*time.Minute
	pods := &job.KubeStatus{Active: 2}
	idle, held, grown := job.QueueCount{Queued: 90}, job.QueueCount{Queued: 88, InFlight: 2}, job.QueueCount{Queued: 93}
	tests := map[string]struct {
		pause job.Observation
		want  forecast.Cause
	}{
		"no replica works":             {observed(0, idle, &job.KubeStatus{Started: true}), forecast.CauseNoReplica},
		"replicas do not take items":   {observed(0, idle, pods), forecast.CauseNothingCompletes},
		"items are held":               {observed(0, held, pods), forecast.CauseItemsHeld},
		"items are held, no Job":       {observed(0, held, nil), forecast.CauseItemsHeld},
		"no worker holds an item":      {observed(0, idle, nil), forecast.CauseNoReplica},
		"items came back":              {observed(0, grown, pods), forecast.CauseQueueGrows},
		"suspended":                    {observed(0, idle, &job.KubeStatus{Suspended: true}), forecast.CauseSuspended},
		"the queue does not answer":    {job.Observation{Queue: job.QueueHalf{Error: "refused"}}, forecast.CauseUnobserved},
		"it goes on, one item at once": {observed(0, job.QueueCount{Queued: 89}, pods), forecast.CauseNothingCompletes},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := job.New(spec, true, nil)
			patient := job.FailureLimit{Count: 1000}
			for i := range 6 { // ten items in ten seconds
				obs := observed(float64(2*i), job.QueueCount{Queued: int64(100 - 2*i)}, pods)
				state = advance(spec, state, obs, patient).State
			}
			if got := state.Run.Stall; got != nil {
				t.Fatalf("stall %+v while the job advances", got)
			}
			for i := range 25 { // to 60 s
				tt.pause.At = start.Add(time.Duration(2*i+12) * time.Second)
				state = advance(spec, state, tt.pause, patient).State
			}
			shown := job.NewForecast(state, state.Outlook(spec), start.Add(60*time.Second))
			since := 10.0
			if name == "it goes on, one item at once" {
				since = 12
			}
			if shown.Cause != tt.want || shown.Quiet != 60-since {
				t.Errorf("%v without progress because %q, want %v because %q", shown.Quiet, shown.Cause, 60-since, tt.want)
			}
			want := &job.Stall{Since: at(since), Until: at(60), Cause: tt.want}
			if diff := cmp.Diff(want, state.Run.Stall); diff != "" {
				t.Errorf("stall (-want +got):\n%s", diff)
			}
			state = advance(spec, state, observed(62, job.QueueCount{Queued: 50}, pods), patient).State
			if diff := cmp.Diff(want, state.Run.Stall); diff != "" || job.NewForecast(state, state.Outlook(spec), start).Cause != "" {
				t.Errorf("after an advance the stall is another one (-want +got):\n%s", diff)
			}
		})
	}
}

// A sweep makes the transition of a job twice: to see whether the job has ended, and to
// commit it. So the first leaves the state alone.
func TestAdvanceLeavesTheState(t *testing.T) {
	t.Parallel()
	spec, state := job.Spec{Items: 6, Submitted: time.UnixMilli(1795498867000), Budget: time.Minute}, job.State{Phase: job.PhaseRunning}
	observe := func(seconds, queued int64) job.Transition {
		obs := job.Observation{
			At: spec.Submitted.Add(time.Duration(seconds) * time.Second), Queue: job.QueueHalf{Count: &job.QueueCount{Queued: queued, InFlight: 1}},
		}
		return job.Advance(&spec, &state, &obs, job.FailureLimit{Count: 3})
	}
	state = observe(2, 4).State
	first := observe(4, 3)
	if diff := cmp.Diff(first.State, observe(4, 3).State); diff != "" {
		t.Errorf("the same tick again (-first +second):\n%s", diff)
	}
}
