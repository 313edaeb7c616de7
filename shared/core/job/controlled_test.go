package job_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

func number(n int64) *int64 { return &n }

// controlled returns a job of 600 items and ten minutes whose replicas are controlled.
func controlled(c job.Control) job.Spec {
	spec := newSpec()
	spec.Items, spec.Budget = 600, 10*time.Minute
	spec.Control = c.Completed(spec.ID, spec.Items, job.ActuatorKubernetes)
	return spec
}

// pods returns the status of a Job that asks for some pods, of which some work.
func pods(asked, working int64) *job.KubeStatus {
	return &job.KubeStatus{
		Active: working, Ready: number(working), Parallelism: number(asked), Started: working > 0, UID: "u", Version: "7",
	}
}

// One tick of a job that nothing is known of yet.
func TestFirstDecision(t *testing.T) {
	t.Parallel()
	waiting := job.QueueCount{Queued: 600}
	target := job.Control{Target: &job.Target{Kind: job.KindDeployment, Name: "d"}}
	tests := map[string]struct {
		control job.Control
		change  func(*job.Observation)
		order   *job.Order // nil: none
		wanted  int64      // 0: nothing is decided
		err     string
	}{
		"half of what is allowed": {
			order: &job.Order{Replicas: 10, Sequence: 1, From: job.Fleet{Asked: 2, Version: "7"}}, wanted: 10,
		},
		"what it has is enough": {
			change: func(o *job.Observation) { o.Kube.Status = pods(10, 0) }, wanted: 10,
		},
		"completions are left for eight": {
			change: func(o *job.Observation) { o.Kube.Status.Left = number(8) },
			order:  &job.Order{Replicas: 4, Sequence: 1}, wanted: 4,
		},
		"it is suspended": {change: func(o *job.Observation) { o.Kube.Status.Suspended = true }},
		"it is complete":  {change: func(o *job.Observation) { o.Kube.Status.Complete = true }},
		"it has failed":   {change: func(o *job.Observation) { o.Kube.Status.Failed = true }},
		"no item is left": {
			change: func(o *job.Observation) { o.Queue.Count = &job.QueueCount{Results: 600} },
		},
		"the queue cannot be read": {
			change: func(o *job.Observation) { o.Queue = job.QueueHalf{Error: "refused"} },
		},
		"Kubernetes refuses": {
			change: func(o *job.Observation) { o.Kube = job.KubeHalf{Asked: true, Error: "forbidden"} },
			err:    "the replicas of Job a are unknown: forbidden",
		},
		"there is no Job": {
			change: func(o *job.Observation) {
				o.Kube = job.KubeHalf{Asked: true, Absent: true, Error: "the Job does not exist"}
			},
			err: "the replicas of Job a are unknown: the Job does not exist",
		},
		"a status without a number": {
			change: func(o *job.Observation) { o.Kube.Status.Parallelism = nil },
			err:    "the replicas of Job a are unknown: it is not known how many pods the Job asks for",
		},
		"a Deployment": {
			control: target, change: func(o *job.Observation) { o.Fleet.Fleet = &job.Fleet{Asked: 3, Version: "9"} },
			order: &job.Order{Replicas: 10, Sequence: 1, From: job.Fleet{Asked: 3, Version: "9"}}, wanted: 10,
		},
		"a Deployment that does not exist": {
			control: target, change: func(o *job.Observation) { o.Fleet.Error = "it does not exist" },
			err: "the replicas of Deployment d are unknown: it does not exist",
		},
		"another Job, suspended": {
			control: job.Control{Target: &job.Target{Name: "b"}},
			change:  func(o *job.Observation) { o.Fleet.Fleet = &job.Fleet{Asked: 3, Idle: true} },
		},
		"a number in Redis, without Kubernetes": {
			control: job.Control{Actuator: job.ActuatorRedis}, change: func(o *job.Observation) { o.Kube = job.KubeHalf{} },
			order: &job.Order{Replicas: 10, Sequence: 1}, wanted: 10,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			obs := observed(2, waiting, pods(2, 0))
			if tt.change != nil {
				tt.change(&obs)
			}
			got := advance(controlled(tt.control), job.State{Phase: job.PhasePending}, obs, limit)
			var c job.Controlled
			if got.State.Control != nil {
				c = *got.State.Control
			}
			if c.Wanted != tt.wanted || c.Error != tt.err {
				t.Errorf("%+v, want %d replicas, the error %q", c, tt.wanted, tt.err)
			}
			if (got.Order == nil) != (tt.order == nil) || got.Order != nil && got.Order.Replicas != tt.order.Replicas {
				t.Fatalf("order %+v, want %+v", got.Order, tt.order)
			}
			if tt.order != nil && tt.order.From != (job.Fleet{}) {
				if diff := cmp.Diff(tt.order, got.Order); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// A job without a control decides nothing, whatever Kubernetes says.
func TestNoControlNoDecision(t *testing.T) {
	t.Parallel()
	got := advance(newSpec(), job.State{Phase: job.PhasePending}, observed(2, job.QueueCount{Queued: 6}, pods(2, 2)), limit)
	if got.Order != nil || got.State.Control != nil || got.State.Changes.Count != 0 {
		t.Errorf("order %+v, state %+v, want no decision", got.Order, got.State.Control)
	}
}

// An order is repeated until the observed number is the wanted one. Somebody else's number
// is respected. A tick that was overtaken decides nothing.
func TestDecisionsOfALife(t *testing.T) {
	t.Parallel()
	spec := controlled(job.Control{})
	state := job.State{Phase: job.PhasePending}
	advance := func(seconds float64, asked, working int64) job.Transition {
		left := int64(600 - seconds/2)
		got := advance(spec, state, observed(seconds, job.QueueCount{Queued: left, Results: 600 - left}, pods(asked, working)), limit)
		state = got.State
		return got
	}
	first := advance(2, 1, 1)
	if first.Order == nil || first.Order.Replicas != 10 {
		t.Fatalf("order %+v, want 10 replicas", first.Order)
	}
	if again := advance(4, 1, 1); again.Order == nil || again.Order.Replicas != 10 || again.Order.Sequence != 1 {
		t.Errorf("order %+v, want the first one again", again.Order)
	}
	if done := advance(6, 10, 1); done.Order != nil {
		t.Errorf("order %+v, although there are 10", done.Order)
	}
	late := advanceLate(spec, state, observed(5, job.QueueCount{Queued: 599}, pods(1, 1)))
	if late.Order != nil || late.State.Control.Asked != 10 {
		t.Errorf("a tick that was overtaken orders %+v", late.Order)
	}
	human := advance(8, 3, 3)
	if c := human.State.Control; human.Order != nil || !c.Held || c.Wanted != 3 || c.Sequence != 2 {
		t.Errorf("order %+v, %+v, want somebody's 3 replicas respected", human.Order, c)
	}
	if held := advance(590, 3, 3); held.Order != nil || !held.State.Control.Held {
		t.Errorf("order %+v within ten minutes", held.Order)
	}
	if ended := advance(700, 3, 3); ended.Order == nil || ended.State.Control.Held {
		t.Errorf("%+v, want a decision after ten minutes", ended.State.Control)
	}
	changes := state.Changes.Last
	if len(changes) != 3 || changes[0].From != 1 || changes[0].To != 10 || changes[1].To != 3 || changes[2].From != 3 {
		t.Errorf("changes %+v, want 1 to 10, to 3, and on", changes)
	}
}

// The state of a control is bounded, and it is read back as it was.
func TestControlledIsSmall(t *testing.T) {
	t.Parallel()
	spec := controlled(job.Control{Max: 10_000})
	state := job.State{Phase: job.PhasePending}
	most := 0
	for i := range int64(500) {
		left := max(600-i, 1)
		asked := 1 + i*7919%10_000
		got := advance(spec, state, observed(float64(2+2*i), job.QueueCount{Queued: left, Results: 600 - left}, pods(asked, asked)), limit)
		state = got.State
		text, err := json.Marshal(state.Control)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(text))
		var again job.Controlled
		if err := json.Unmarshal(text, &again); err != nil || !cmp.Equal(*state.Control, again) {
			t.Fatalf("%s is read back as %+v, %v", text, again, err)
		}
	}
	if most > 2048 {
		t.Errorf("the state of the control has %d bytes, want at most 2048", most)
	}
}

func TestScaledEvent(t *testing.T) {
	t.Parallel()
	spec := controlled(job.Control{})
	before := job.State{Phase: job.PhasePending}
	got := advance(spec, before, observed(2, job.QueueCount{Queued: 600}, pods(1, 1)), limit)
	after, _ := job.EventPolicy{Enabled: true}.Append(spec, before, got.State, got.Sample, got.Prospect, start)
	var kinds []string
	for _, e := range after.Outbox {
		kinds = append(kinds, string(e.Kind))
		if e.Kind == job.EventScaled && (e.Data.Scale == nil || e.Data.Scale.From != 1 || e.Data.Scale.To != 10 || e.Data.Scale.Reason == "") {
			t.Errorf("scale %+v, want from 1 to 10 and why", e.Data.Scale)
		}
	}
	if got := strings.Join(kinds, " "); got != "started scaled" {
		t.Errorf("events %q, want started scaled", got)
	}
}

func TestCheckOfControl(t *testing.T) {
	t.Parallel()
	if err := job.Check(newSpec(), job.State{Phase: job.PhaseRunning, Control: &job.Controlled{Since: math.MaxInt64}}); err == nil {
		t.Error("no error for a decision in a year that cannot be")
	}
}
