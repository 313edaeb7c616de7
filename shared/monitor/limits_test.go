package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// setupLimited returns a bench on a real Redis whose living jobs are limited, in all
// and of each caller.
func setupLimited(t *testing.T, most, perCaller int) *bench {
	t.Helper()
	b := setup(t)
	b.store.Store = redisstore.New(redistest.Start(t).Client())
	b.queue.Set(half, nil)
	b.service = monitor.NewService(monitor.Config{
		Retries: retries, Retention: time.Hour, MinPeriod: 2 * time.Second, DefaultPeriod: 2 * time.Second,
		StaleAfter: 10 * time.Minute, MaxAge: 24 * time.Hour, ScheduleFor: time.Second, Now: b.clock,
		MaxJobs: most, MaxJobsPerCaller: perCaller, DefaultQueue: func(job.ID) job.Address { return b.address() },
	}, monitor.Ports{Store: b.store, Queue: b.queue, SampleList: b.list, Scheduler: b.scheduler}, b.log)
	return b
}

// expectStart starts a job of a caller and expects an error of a kind, "" for none.
func (b *bench) expectStart(caller string, id job.ID, want failure.Kind) {
	b.t.Helper()
	r := request(id)
	r.Caller = caller
	_, err := b.service.Start(b.t.Context(), r)
	if (err == nil) != (want == "") || err != nil && failure.KindOf(err) != want {
		b.t.Errorf("start %s of %q: %v, want kind %q", id, caller, err, want)
	}
}

// A place is free again however a job ends, or fails to start.
func TestEndedJobsFreeTheirPlace(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench){
		"stopped": func(b *bench) {
			if err := b.service.Stop(b.t.Context(), "a"); err != nil {
				b.t.Fatal(err)
			}
		},
		"finished": func(b *bench) {
			b.queue.Set(empty, nil)
			b.pass(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			b.queue.Set(half, nil)
		},
		"failed": func(b *bench) {
			b.queue.Set(job.QueueCount{}, failure.Unavailable("down", nil))
			for n := range retries {
				b.pass(2 * time.Second)
				b.tick(fmt.Sprintf("t%d", n), monitor.OutcomeFailed)
			}
			b.queue.Set(half, nil)
		},
		"too old": func(b *bench) {
			b.pass(25 * time.Hour)
			if _, err := b.service.Sweep(b.t.Context()); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupLimited(t, 1, 1)
			b.expectStart("x", "a", "")
			b.expectStart("x", "b", failure.KindLimit)
			b.expectStart("x", "a", "") // again
			end(b)
			if got := b.status().Phase; got.Living() {
				t.Fatalf("%s, want an ended job", got)
			}
			b.expectStart("x", "b", "")
			b.expectStart("x", "a", failure.KindLimit)
		})
	}
}

func TestFailedStartsFreeTheirPlace(t *testing.T) {
	t.Parallel()
	b := setupLimited(t, 1, 0)
	uncounted := request("a")
	uncounted.Items = 0
	for range 3 {
		b.queue.Set(job.QueueCount{}, failure.Unavailable("down", nil))
		if _, err := b.service.Start(t.Context(), uncounted); !failure.IsRetryable(err) {
			t.Errorf("start = %v, want a retryable error", err)
		}
		b.queue.Set(empty, nil)
		if _, err := b.service.Start(t.Context(), uncounted); failure.KindOf(err) != failure.KindInvalid {
			t.Errorf("start = %v, want an invalid one", err)
		}
	}
	b.expectStart("", "b", "")
	other := request("b")
	other.Fingerprint = "another"
	if _, err := b.service.Start(t.Context(), other); !errors.Is(err, monitor.ErrOtherRequest) {
		t.Errorf("another request = %v, want %v", err, monitor.ErrOtherRequest)
	}
}

// The refusals name the setting, and a caller has no places of another.
func TestLimits(t *testing.T) {
	t.Parallel()
	b := setupLimited(t, 3, 2)
	b.expectStart("x", "a", "")
	b.expectStart("x", "b", "")
	b.expectStart("x", "c", failure.KindLimit)
	b.expectStart("y", "c", "")
	b.expectStart("y", "d", failure.KindLimit)
	b.expectStart("y", "a", "") // a repeated start, of another caller
	const want = "3 jobs are monitored, as many as MAX_JOBS allows; stop one, or try again when one has ended"
	if _, err := b.service.Start(t.Context(), request("e")); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}

// Starts at once take no more places than there are, and each job that was refused
// left nothing behind.
func TestParallelStartsKeepTheLimit(t *testing.T) {
	t.Parallel()
	const starts, most = 50, 20
	b := setupLimited(t, most, 0)
	errs := make(chan error, 2*starts)
	for n := range starts {
		for range 2 { // each of them twice: the same request is never refused once it lives
			go func() {
				_, err := b.service.Start(context.WithoutCancel(t.Context()), request(job.ID(fmt.Sprintf("job-%d", n))))
				errs <- err
			}()
		}
	}
	for range 2 * starts {
		if err := <-errs; err != nil && failure.KindOf(err) != failure.KindLimit {
			t.Error(err)
		}
	}
	page, err := b.store.List(t.Context(), "", 1000)
	if err != nil || len(page.Records) > most || len(page.Records) < most/2 {
		t.Errorf("%d living jobs, %v, want at most %d", len(page.Records), err, most)
	}
	for n := range starts { // two starts of a job may hold two places for a moment, and none for ever
		if _, err := b.service.Start(t.Context(), request(job.ID(fmt.Sprintf("job-%d", n)))); err != nil && failure.KindOf(err) != failure.KindLimit {
			t.Error(err)
		}
	}
	if page, err = b.store.List(t.Context(), "", 1000); err != nil || len(page.Records) != most {
		t.Errorf("%d living jobs, %v, want %d", len(page.Records), err, most)
	}
}

// crashing is a store whose process dies before a job is stored, or whose places are
// lost.
type crashing struct{ monitor.Store }

func (crashing) Create(context.Context, job.Spec, job.State) (monitor.CreateResult, error) {
	return 0, failure.Unavailable("the process died", nil)
}

func TestSweepHealsPlaces(t *testing.T) {
	t.Parallel()
	b := setupLimited(t, 2, 2)
	b.expectStart("x", "a", "")
	healthy := b.store.Store
	b.store.Store = crashing{healthy}
	b.expectStart("x", "b", failure.KindUnavailable)
	b.store.Store = healthy
	b.expectStart("x", "c", failure.KindLimit)
	sweep := func() {
		t.Helper()
		if _, err := b.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep() // the start may be under way
	b.expectStart("x", "c", failure.KindLimit)
	b.pass(time.Minute + time.Second)
	sweep()
	b.expectStart("x", "c", "")
	b.expectStart("x", "d", failure.KindLimit)

	for _, spec := range []string{"a", "c"} { // their places are lost
		record, err := b.store.Load(t.Context(), job.ID(spec), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.store.LeavePlace(t.Context(), record.Spec); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	b.expectStart("x", "d", failure.KindLimit)
	b.pass(5 * time.Minute)
	sweep()
	b.expectStart("y", "d", failure.KindLimit)
}

// Without limits nothing is counted.
func TestNoLimits(t *testing.T) {
	t.Parallel()
	b := setupLimited(t, 0, 0)
	b.store.Store = placeless{b.store.Store}
	b.expectStart("x", "a", "")
	if _, err := b.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
}

// placeless is a store without a PlaceStore: calls of it panic.
type placeless struct{ monitor.Store }

func (placeless) TakePlace(context.Context, job.Spec, int, int, time.Time) (monitor.PlaceResult, error) {
	panic("called")
}
func (placeless) LeavePlace(context.Context, job.Spec) error              { panic("called") }
func (placeless) HoldPlaces(context.Context, []job.Spec, time.Time) error { panic("called") }
func (placeless) FreePlaces(context.Context, time.Time) (int, error)      { panic("called") }
