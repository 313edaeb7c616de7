package monitortest_test

import (
	"testing"
	"time"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestScheduler(t *testing.T) {
	t.Parallel()
	monitortest.RunScheduler(t, func(*testing.T) monitor.Scheduler { return &monitortest.Scheduler{} })
}

// A schedule that is removed still ticks, is not listed, and its name is taken,
// until its finalizer is removed.
func TestSchedulerWithAFinalizer(t *testing.T) {
	t.Parallel()
	monitortest.RunScheduler(t, func(*testing.T) monitor.Scheduler {
		return &monitortest.Scheduler{Finalize: 50 * time.Millisecond}
	})
	s := &monitortest.Scheduler{Finalize: time.Hour}
	spec := monitortest.Spec("a", "f")
	if err := s.Schedule(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := s.Unschedule(t.Context(), "a", spec.Life()); err != nil {
		t.Fatal(err)
	}
	listed, _, err := s.List(t.Context(), "", 10)
	if err != nil || len(listed) != 0 || len(s.Ticking()) != 1 {
		t.Errorf("listed %v, %v, ticking %v, want one that only ticks", listed, err, s.Ticking())
	}
	if err := s.Schedule(t.Context(), spec); err == nil {
		t.Error("the name was free while the schedule was being removed")
	}
}
