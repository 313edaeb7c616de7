package monitor_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/replicakey"
	"kubejobs/shared/monitor"
)

// What somebody else asks for is respected, and shown.
func TestSomebodyElsesNumber(t *testing.T) {
	t.Parallel()
	s := setupScaled(t, nil)
	s.next()
	s.orders(1)
	s.idle()
	s.next()
	s.pods(7)
	s.next()
	got := s.status().Control
	if !got.Held || *got.Replicas != 7 || !strings.Contains(got.Reason, "somebody else") {
		t.Errorf("control %+v, want somebody's seven replicas respected", got)
	}
	s.next()
	s.idle()
	if got := s.actuator.Orders(); len(got) != 1 {
		t.Errorf("orders %+v, want no other", got)
	}
}

// Nothing acts on a job that is suspended, has ended or was stopped, and a new life begins
// with no decision.
func TestNoActionOn(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*scaled){
		"a suspended Job": func(s *scaled) { s.kube.Set("a", job.KubeStatus{Suspended: true, Parallelism: new(int64)}) },
		"a complete Job":  func(s *scaled) { s.kube.Set("a", job.KubeStatus{Complete: true, Parallelism: new(int64)}) },
		"a Job that was deleted": func(s *scaled) {
			s.kube.Delete("a")
		},
		"a Job that Kubernetes does not show": func(s *scaled) { s.kube.Fail(failure.Refused("forbidden", nil)) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setupScaled(t, nil)
			change(s)
			s.next()
			s.idle()
			if got := s.actuator.Orders(); len(got) != 0 {
				t.Errorf("orders %+v, want none", got)
			}
		})
	}
	t.Run("a stopped job, and its next life", func(t *testing.T) {
		t.Parallel()
		s := setupScaled(t, nil)
		s.next()
		s.orders(1)
		if err := s.service.Stop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		s.ticks++
		s.at(time.Hour)
		s.tick("late", monitor.OutcomeEnded)
		if got := len(s.actuator.Orders()); got != 1 {
			t.Errorf("%d orders, want 1", got)
		}
		s.startControlled(job.Control{Max: 8})
		if got := s.status().Control; got.Replicas != nil || got.Changes != 0 {
			t.Errorf("control %+v of a new life, want no decision", got)
		}
	})
}

// What is unknown of the replicas is shown as a failure of the scaler.
func TestUnknownReplicas(t *testing.T) {
	t.Parallel()
	s := setupScaled(t, nil)
	s.kube.Fail(failure.Refused("needs the right to get jobs.batch", nil))
	s.next()
	got := s.status()
	want := "the replicas of Job a are unknown: needs the right to get jobs.batch"
	if p := got.Publishers[monitor.ScalerName]; !p.Failing || p.LastError != want || got.Control.Error != want || got.Control.Asked != nil {
		t.Errorf("publishers %+v, control %+v, want %q", got.Publishers, got.Control, want)
	}
	s.kube.Fail(nil)
	s.next()
	s.orders(1)
	s.idle()
	s.next()
	if got := s.status(); got.Publishers[monitor.ScalerName].Failing || got.Control.Error != "" {
		t.Errorf("publishers %+v, control %+v, want no failure", got.Publishers, got.Control)
	}
}

func TestActuatorPanics(t *testing.T) {
	t.Parallel()
	s := setupScaled(t, func(context.Context, job.Order) error { panic("broken") })
	s.next()
	s.await("the panic", func(status monitor.Status) bool { return status.Publishers[monitor.ScalerName].Failing })
}

// fleetFunc is a monitor.Fleets.
type fleetFunc func(job.Target) (job.Fleet, error)

func (f fleetFunc) Fleet(_ context.Context, target job.Target) (job.Fleet, error) { return f(target) }

// A Deployment is read and scaled; the queue decides when the job is done.
func TestScalesADeployment(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	asked.Store(2)
	s := setupScaled(t, func(_ context.Context, order job.Order) error { asked.Store(order.Replicas); return nil })
	if err := s.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	unread := errors.New("none") // until there is a Deployment
	s.fleets = fleetFunc(func(target job.Target) (job.Fleet, error) {
		if target != (job.Target{Kind: job.KindDeployment, Name: "w"}) {
			t.Errorf("target %v", target)
		}
		n := asked.Load()
		return job.Fleet{Asked: n, Running: n, Working: n}, unread
	})
	s.kube.Delete("a")
	s.build(s.kube)
	s.startControlled(job.Control{Max: 8, Target: &job.Target{Kind: job.KindDeployment, Name: "w"}})
	s.next()
	if got := s.status(); !strings.Contains(got.Publishers[monitor.ScalerName].LastError, "the replicas of Deployment w are unknown") {
		t.Errorf("publishers %+v, want what is unknown", got.Publishers)
	}
	unread = nil
	s.next()
	if got := s.orders(1)[0]; got.Replicas != 4 || got.From.Asked != 2 {
		t.Errorf("order %+v, want 4 replicas in place of 2", got)
	}
	s.idle()
	s.next()
	if got := s.status(); got.Last.Replicas != 4 || got.Unobserved == nil {
		t.Errorf("%d replicas, %+v, want those of the Deployment, and no Job", got.Last.Replicas, got.Unobserved)
	}
	s.queue.Set(job.QueueCount{Results: 40}, nil)
	s.next()
	if got := s.status(); got.Phase != job.PhaseFinished || got.Reason != "the queue is empty" {
		t.Errorf("%s, %q, want a job that the queue ended", got.Phase, got.Reason)
	}
}

// Without Kubernetes the number is written to the job's own Redis at each tick.
func TestScalesByRedis(t *testing.T) {
	t.Parallel()
	s := &scaled{bench: setup(t)}
	pool := redispool.New(redispool.Options{})
	t.Cleanup(pool.Close)
	s.actuators = map[string]monitor.Actuator{job.ActuatorRedis: replicakey.New(pool, time.Hour)}
	s.build(nil)
	s.queue.Set(job.QueueCount{Queued: 40}, nil)
	s.startControlled(job.Control{Max: 8})
	written := func() string { return s.client.Get(t.Context(), "a:replicas").Val() }
	s.next()
	s.await("the number", func(monitor.Status) bool { return written() == "4" })
	if err := s.client.Del(t.Context(), "a:replicas").Err(); err != nil {
		t.Fatal(err)
	}
	s.idle()
	s.next()
	got := s.await("the number again", func(monitor.Status) bool { return written() == "4" })
	if c := got.Control; *c.Replicas != 4 || c.Target != nil || c.Actuator != job.ActuatorRedis {
		t.Errorf("control %+v, want four replicas by Redis", c)
	}
}
