package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// life names one life of a job.
type life struct {
	id   job.ID
	life int64
}

// sender ticks whatever schedule exists, as PingSource's adapter does, and repeats
// each tick until it is acknowledged.
type sender struct {
	service   *monitor.Service
	scheduler *monitortest.Scheduler
	sends     errgroup.Group // at most underWay at once
	attempts  int            // after which it gives a tick up

	mu      sync.Mutex
	acked   map[life]map[string]monitor.Outcome // by the tick's id
	givenUp map[life]int64
}

func newSender(service *monitor.Service, scheduler *monitortest.Scheduler, attempts int) *sender {
	s := &sender{
		service: service, scheduler: scheduler, attempts: attempts,
		acked: map[life]map[string]monitor.Outcome{}, givenUp: map[life]int64{},
	}
	s.sends.SetLimit(underWay)
	return s
}

// maxAttempts bounds how often a call is repeated.
const maxAttempts = 1000

// underWay is how many ticks are under way at once. A further one waits.
const underWay = 32

// run ticks at each interval until ctx ends, and waits for the last tick. It fails
// if a tick was never acknowledged.
func (s *sender) run(ctx context.Context, every time.Duration) error {
	for beat := 0; ctx.Err() == nil; beat++ {
		for _, scheduled := range s.scheduler.Ticking() {
			tick := monitor.Tick{
				ID:  fmt.Sprintf("%s-%d-%d", scheduled.ID, scheduled.Life, beat),
				Job: scheduled.ID, Life: scheduled.Life, Sent: time.Now(), //nolint:forbidigo // the ticks run in real time
			}
			s.sends.Go(func() error { return s.send(context.WithoutCancel(ctx), tick) })
		}
		time.Sleep(every)
	}
	return s.sends.Wait()
}

// send delivers a tick.
func (s *sender) send(ctx context.Context, tick monitor.Tick) error {
	var failed error
	of := life{tick.Job, tick.Life}
	for range s.attempts {
		outcome, err := s.service.Tick(ctx, tick)
		if err != nil {
			failed = err
			time.Sleep(time.Millisecond)
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.acked[of] == nil {
			s.acked[of] = map[string]monitor.Outcome{}
		}
		if _, twice := s.acked[of][tick.ID]; !twice || outcome == monitor.OutcomeSampled || outcome == monitor.OutcomeFailed {
			s.acked[of][tick.ID] = outcome
		}
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.givenUp[of]++
	return fmt.Errorf("tick %s was never acknowledged: %w", tick.ID, failed)
}

// outcomes counts the ticks of a life that were acknowledged with one of the
// outcomes.
func (s *sender) outcomes(of life, outcomes ...monitor.Outcome) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var count int64
	for _, outcome := range s.acked[of] {
		if slices.Contains(outcomes, outcome) {
			count++
		}
	}
	return count
}

// until repeats a call, as a client does, until it is done.
func until(t *testing.T, call func() error) {
	t.Helper()
	var err error
	for range maxAttempts {
		if err = call(); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal(err)
}

// Jobs are stopped and started again, 200 times, while they tick, over a network
// that loses, delays and repeats, and with schedules that are removed late.
// Afterwards each living job has one schedule, each ended one has none, and a
// life has as many samples as ticks were acknowledged.
func TestRestartsOverABadNetwork(t *testing.T) {
	t.Parallel()
	const jobs, restarts = 20, 10
	b := setup(t)
	b.queue.Set(full, nil)
	network := monitortest.NewNetwork(10, 0.2, 30*time.Millisecond)
	b.scheduler.Finalize = 70 * time.Millisecond
	var later atomic.Int64 // nanoseconds that the clock is ahead
	service := monitor.NewService(monitor.Config{
		Retries: retries, Retention: time.Hour, MinPeriod: 2 * time.Second, DefaultPeriod: 2 * time.Second,
		StaleAfter: time.Hour, MaxAge: 24 * time.Hour, ScheduleFor: 200 * time.Millisecond,
		Now:          func() time.Time { return time.Now().Add(time.Duration(later.Load())) }, //nolint:forbidigo // as above
		DefaultQueue: func(job.ID) job.Address { return b.address() },
	}, monitor.Ports{
		Store: network.Store(b.store), Queue: b.queue, SampleList: b.list, Scheduler: network.Scheduler(b.scheduler),
	}, slog.New(slog.DiscardHandler))
	ticks := newSender(service, b.scheduler, maxAttempts)

	ctx, stop := context.WithCancel(t.Context())
	var ticking errgroup.Group
	var clients sync.WaitGroup
	ticking.Go(func() error { return ticks.run(ctx, 50*time.Millisecond) })
	for n := range jobs {
		clients.Go(func() { restartOften(t, service, job.ID(fmt.Sprintf("job-%02d", n)), restarts) })
	}
	clients.Wait()
	time.Sleep(100 * time.Millisecond) // the last lives tick
	stop()
	network.Heal()
	if err := ticking.Wait(); err != nil {
		t.Error(err)
	}
	time.Sleep(2 * b.scheduler.Finalize)
	for range 2 { // the second ends what the first one suspects
		if _, err := service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		later.Add(int64(2 * time.Minute))
		time.Sleep(2 * b.scheduler.Finalize)
	}

	total := int64(0)
	for n := range jobs {
		id := job.ID(fmt.Sprintf("job-%02d", n))
		record, err := b.store.Load(t.Context(), id, "")
		if err != nil {
			t.Fatal(err)
		}
		var want []int64
		if n%4 != 0 {
			want = []int64{record.Spec.Life()}
		}
		if living := record.State.Phase.Living(); living != (want != nil) {
			t.Errorf("%s is %s, want living: %t", id, record.State.Phase, want != nil)
		}
		if got := b.scheduler.Lives(id); !slices.Equal(got, want) {
			t.Errorf("%s has schedules of lives %v, want %v", id, got, want)
		}
		acked := ticks.outcomes(life{id, record.Spec.Life()}, monitor.OutcomeSampled, monitor.OutcomeDuplicate)
		if got := record.State.Summary.Count; got != acked {
			t.Errorf("%s has %d samples, want %d: the ticks of its life that were acknowledged", id, got, acked)
		}
		total += acked
	}
	if total < jobs/2 {
		t.Errorf("%d ticks in the last lives: the test tested too little", total)
	}
}

// restartOften starts a job and restarts it. Every fourth job is stopped at the end.
func restartOften(t *testing.T, service *monitor.Service, id job.ID, restarts int) {
	t.Helper()
	start := func() error { _, err := service.Start(t.Context(), request(id)); return err }
	until(t, start)
	for range restarts {
		time.Sleep(60 * time.Millisecond)
		until(t, func() error { return service.Stop(t.Context(), id) })
		until(t, start)
	}
	var n int
	if _, err := fmt.Sscanf(string(id), "job-%d", &n); err == nil && n%4 == 0 {
		until(t, func() error { return service.Stop(t.Context(), id) })
	}
}
