package monitortest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// RunScheduler runs the tests that every scheduler must pass. open returns a
// scheduler without schedules; it may be one whose schedules are removed late.
func RunScheduler(t *testing.T, open func(t *testing.T) monitor.Scheduler) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *schedules){
		"one schedule of a life":           testScheduleTwice,
		"removal":                          testUnschedule,
		"removal of another life":          testUnscheduleAnother,
		"the next life during a removal":   testNextLife,
		"a late removal of an earlier one": testLateUnschedule,
		"the same life again":              testScheduleAgain,
		"pages":                            testSchedulePages,
		"a change after a listing":         testListAgain,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &schedules{Scheduler: open(t), t: t})
		})
	}
}

// schedules is a scheduler under test.
type schedules struct {
	monitor.Scheduler
	t *testing.T
}

// attempts is how often a call is made that may be refused for a while: the
// schedule of that name is still being removed.
const attempts = 500

// schedule schedules a life, as often as the scheduler refuses.
func (s *schedules) schedule(spec job.Spec) {
	s.t.Helper()
	var err error
	for range attempts {
		if err = s.Schedule(s.t.Context(), spec); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal(err)
}

func (s *schedules) unschedule(spec job.Spec) {
	s.t.Helper()
	if err := s.Unschedule(s.t.Context(), spec.ID, spec.Life()); err != nil {
		s.t.Fatal(err)
	}
}

// expect expects the listed schedules, read limit at a time, to be those of specs.
func (s *schedules) expect(limit int, specs ...job.Spec) {
	s.t.Helper()
	var got, want []monitor.Scheduled
	after := ""
	for range attempts {
		page, next, err := s.List(s.t.Context(), after, limit)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page) > limit {
			s.t.Fatalf("%d schedules on a page of %d", len(page), limit)
		}
		got = append(got, page...)
		if after = next; next == "" {
			break
		}
	}
	for _, spec := range specs {
		want = append(want, monitor.Scheduled{ID: spec.ID, Life: spec.Life(), Cron: spec.Schedule().Cron})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("schedules (-want +got):\n%s", diff)
	}
}

func testScheduleTwice(t *testing.T, s *schedules) {
	t.Helper()
	spec := Spec("a", "f")
	s.schedule(spec)
	s.schedule(spec)
	s.expect(10, spec)
}

func testUnschedule(t *testing.T, s *schedules) {
	t.Helper()
	a, b := Spec("a", "f"), Spec("b", "f")
	s.unschedule(a) // one that never was
	s.schedule(a)
	s.schedule(b)
	s.unschedule(a)
	s.expect(10, b) // one that is being removed is not listed
	s.unschedule(a)
	s.expect(10, b)
}

func testListAgain(t *testing.T, s *schedules) {
	t.Helper()
	a, b, c := Spec("a", "f"), Spec("b", "f"), Spec("c", "f")
	s.schedule(b)
	s.expect(10, b)
	s.schedule(c) // after those that were listed
	s.expect(10, b, c)
	s.schedule(a) // before them
	s.expect(10, a, b, c)
	s.unschedule(b)
	s.expect(10, a, c)
	s.unschedule(c)
	s.schedule(later(c))
	s.expect(10, a, later(c))
}

func testUnscheduleAnother(t *testing.T, s *schedules) {
	t.Helper()
	spec := Spec("a", "f")
	s.schedule(spec)
	s.unschedule(later(spec))
	if err := s.Unschedule(t.Context(), spec.ID, 0); err != nil { // one that names no life
		t.Fatal(err)
	}
	s.expect(10, spec)
}

func testNextLife(t *testing.T, s *schedules) {
	t.Helper()
	spec := Spec("a", "f")
	s.schedule(spec)
	s.unschedule(spec)
	s.schedule(later(spec))
	s.expect(10, later(spec))
}

func testLateUnschedule(t *testing.T, s *schedules) {
	t.Helper()
	spec := Spec("a", "f")
	s.schedule(spec)
	s.unschedule(spec)
	s.schedule(later(spec))
	s.unschedule(spec) // made again by a client that got no reply
	s.expect(10, later(spec))
}

func testScheduleAgain(t *testing.T, s *schedules) {
	t.Helper()
	spec := Spec("a", "f")
	s.schedule(spec)
	s.unschedule(spec)
	s.schedule(spec)
	s.expect(10, spec)
}

func testSchedulePages(t *testing.T, s *schedules) {
	t.Helper()
	var specs []job.Spec
	for _, id := range []job.ID{"0", "a-b", "a", "a0", "ab"} { // in the order of monitor.ListOrder
		specs = append(specs, Spec(id, "f"))
	}
	for _, n := range []int{3, 0, 4, 1, 2} {
		s.schedule(specs[n])
	}
	for _, limit := range []int{1, 2, 5, 10} {
		s.expect(limit, specs...)
	}
}
