package monitor_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// scaled is a job a of 40 items whose Job is controlled. Its actuator does what do says;
// nil changes the Job.
type scaled struct {
	*bench
	kube     *monitortest.KubeJobs
	actuator *monitortest.Actuator
	ticks    int
}

func setupScaled(t *testing.T, do func(ctx context.Context, order job.Order) error) *scaled {
	t.Helper()
	s := &scaled{bench: setup(t), kube: &monitortest.KubeJobs{}, actuator: &monitortest.Actuator{}}
	if do == nil {
		do = func(_ context.Context, order job.Order) error { s.pods(order.Replicas); return nil }
	}
	s.actuator.Do = func(ctx context.Context, _ job.Spec, order job.Order) error { return do(ctx, order) }
	s.actuators = map[string]monitor.Actuator{job.ActuatorKubernetes: s.actuator}
	s.pods(1)
	s.build(s.kube)
	s.queue.Set(job.QueueCount{Queued: 40}, nil)
	s.startControlled(job.Control{Max: 8})
	return s
}

func (s *scaled) startControlled(c job.Control) {
	s.t.Helper()
	r := request("a")
	r.Items, r.Budget, r.Control = 40, 10*time.Minute, &c
	if _, err := s.service.Start(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

// pods lets the Job have that many pods.
func (s *scaled) pods(n int64) {
	s.kube.Set("a", job.KubeStatus{Active: n, Ready: &n, Parallelism: &n, Started: true, UID: "u", Version: strconv.FormatInt(n, 10)})
}

// next ticks two seconds later.
func (s *scaled) next() {
	s.t.Helper()
	s.ticks++
	s.at(time.Duration(2*s.ticks) * time.Second)
	s.tick(fmt.Sprintf("t%d", s.ticks), monitor.OutcomeSampled)
}

// await waits until the status of the job is as it should be.
func (s *scaled) await(what string, holds func(monitor.Status) bool) monitor.Status {
	s.t.Helper()
	var status monitor.Status
	for range 1000 {
		if status = s.status(); holds(status) {
			return status
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("waited in vain for %s: control %+v, publishers %+v", what, status.Control, status.Publishers)
	return status
}

// orders waits for a number of orders.
func (s *scaled) orders(want int) []job.Order {
	s.t.Helper()
	s.await(fmt.Sprintf("%d orders", want), func(monitor.Status) bool { return len(s.actuator.Orders()) >= want })
	return s.actuator.Orders()
}

func TestScales(t *testing.T) {
	t.Parallel()
	s := setupScaled(t, nil)
	s.next()
	if got := s.orders(1)[0]; got.Replicas != 4 || got.From.Version != "1" {
		t.Errorf("order %+v, want 4 replicas of what was observed", got)
	}
	s.next()
	got := s.await("four replicas", func(status monitor.Status) bool { return status.Control.Asked != nil && *status.Control.Asked == 4 })
	if c := got.Control; *c.Replicas != 4 || c.Reason == "" || c.Changes != 1 || c.Max != 8 || c.Held || got.Publishers != nil {
		t.Errorf("control %+v, publishers %v, want four replicas and why", c, got.Publishers)
	}
	s.next()
	if got := s.actuator.Orders(); len(got) != 1 {
		t.Errorf("orders %+v, want one: there are as many replicas as wanted", got)
	}
}

// An action is repeated at each tick until the observed number is the wanted one.
func TestRepeatsUntilItIsSo(t *testing.T) {
	t.Parallel()
	done := make(chan struct{}, 10)
	s := setupScaled(t, func(context.Context, job.Order) error {
		done <- struct{}{}
		return &failure.Error{Kind: failure.KindConflict, Message: "it was changed"}
	})
	for n := range 3 {
		s.next()
		<-done
		got := s.orders(n + 1)
		if last := got[n]; last.Replicas != 4 || last.Sequence != 1 {
			t.Errorf("order %+v, want the first one again", last)
		}
		s.idle()
	}
	if got := s.status(); got.Publishers[monitor.ScalerName].Failing {
		t.Errorf("publishers %+v: an order that was overtaken is no failure", got.Publishers)
	}
}

// idle waits until no action is under way.
func (s *scaled) idle() {
	s.t.Helper()
	s.await("the end of the action", func(monitor.Status) bool { return s.service.Acting() == 0 })
}

// A slow Kubernetes delays no tick. At most one action of a job is under way.
func TestSlowActuator(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := setupScaled(t, func(ctx context.Context, _ job.Order) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return failure.Unavailable("Kubernetes does not answer", ctx.Err())
		}
	})
	s.next()
	s.orders(1)
	for range 5 { // none of them waits: release is still closed to them
		s.next()
	}
	if got := len(s.actuator.Orders()); got != 1 {
		t.Errorf("%d orders while the first one is under way, want 1", got)
	}
	s.await("its failure", func(status monitor.Status) bool {
		return strings.Contains(status.Publishers[monitor.ScalerName].LastError, "does not answer")
	})
	s.next()
	s.orders(2)
	close(release)
}

// A refusal is shown and not repeated at each tick. The status is good again once an
// action succeeds.
func TestRefusedActuator(t *testing.T) {
	t.Parallel()
	var allowed atomic.Bool
	var s *scaled
	s = setupScaled(t, func(_ context.Context, order job.Order) error {
		if allowed.Load() {
			s.pods(order.Replicas)
			return nil
		}
		return failure.Refused("needs the right to patch jobs.batch", nil)
	})
	s.next()
	failing := func(want bool) func(monitor.Status) bool {
		return func(status monitor.Status) bool { return status.Publishers[monitor.ScalerName].Failing == want }
	}
	got := s.await("the refusal", failing(true))
	if text := got.Publishers[monitor.ScalerName].LastError; text != "needs the right to patch jobs.batch" {
		t.Errorf("the status says %q", text)
	}
	for range 10 {
		s.next()
	}
	if got := len(s.actuator.Orders()); got != 1 {
		t.Errorf("%d orders within 20 s after the refusal, want 1", got)
	}
	allowed.Store(true)
	for range 6 {
		s.next()
	}
	s.orders(2)
	s.idle()
	s.next()
	s.await("the end of the failure", failing(false))
}
