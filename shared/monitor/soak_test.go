package monitor_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// soak is many jobs that live through random faults, by a clock that moves with
// each step. The choices depend on the seed alone; how calls interleave does not.
type soak struct {
	t         *testing.T
	source    string     // of the job status, as JOB_STATUS
	rand      *rand.Rand // of the goroutine that makes the steps
	clock     atomic.Int64
	client    *redis.Client // of the state
	spare     *redis.Client // of the empty database beside it
	lists     *redis.Client // of the jobs' Redis
	network   *monitortest.Network
	scheduler *monitortest.Scheduler
	cluster   *monitortest.KubeJobs
	feed      *monitortest.Feed
	receiver  *monitortest.Receiver
	store     monitor.Store // without the network
	service   *monitor.Service
	ticks     *sender
	jobs      []*soakJob
	held      []heldTick
	faults    faults
}

// heldTick is a tick that its sender delivers late.
type heldTick struct {
	tick monitor.Tick
	step int // when it is delivered
}

const (
	soakStep   = 2 * time.Second // also the jobs' period
	soakRetry  = 6               // deliveries of a tick, as by PingSource's adapter
	soakSteps  = 100             // with faults
	soakSettle = 150             // the most without faults, until every job is what it should be
)

// Jobs live through every fault at random. Afterwards each is what its story says,
// and nothing is left over.
func TestSoak(t *testing.T) {
	t.Parallel()
	for source, jobs := range map[string]int{"queue": 60, "kubernetes": 60, "events": 80} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			s := newSoak(t, source, jobs, soakSeed(t))
			for step := range soakSteps {
				s.step(step)
			}
			s.heal()
			last := soakSteps
			for ; last < soakSteps+soakSettle && s.unsettled() != ""; last++ {
				s.step(last)
			}
			if left := s.unsettled(); left != "" {
				t.Errorf("after %d steps: %s", last, left)
			}
			s.check()
		})
	}
}

func newSoak(t *testing.T, source string, jobs int, seed uint64) *soak {
	t.Helper()
	s := &soak{
		t: t, source: source, rand: rand.New(rand.NewPCG(seed, seed)), client: redistest.Start(t).Client(),
		network: monitortest.NewNetwork(seed, 0.06, 5*time.Millisecond), receiver: &monitortest.Receiver{},
		scheduler: &monitortest.Scheduler{Finalize: 20 * time.Millisecond}, cluster: &monitortest.KubeJobs{},
	}
	s.spare = redis.NewClient(&redis.Options{Addr: s.client.Options().Addr, DB: 1})
	t.Cleanup(func() { _ = s.spare.Close() })
	s.store = redisstore.New(s.client)
	s.clock.Store(monitortest.Start.UnixMilli())
	for n := range jobs {
		s.jobs = append(s.jobs, newSoakJob(s, n))
	}
	server := redistest.Start(t)
	s.lists = server.Client()
	pool := redispool.New(redispool.Options{})
	t.Cleanup(pool.Close)
	ports := monitor.Ports{
		Store: s.network.Store(s.store), Queue: s, Scheduler: s.network.Scheduler(s.scheduler), Broadcaster: s.receiver,
		SampleList: s.network.SampleList(listAt{controllerlist.New(pool, time.Hour), server.Address()}),
	}
	if source != "queue" {
		ports.KubeJobs = s.cluster
	}
	s.service = monitor.NewService(monitor.Config{
		Retries: retries, FailAfter: 15 * soakStep, Retention: time.Hour, MinPeriod: soakStep, DefaultPeriod: soakStep, Spacing: 0.4,
		StoredKubeStatus: source == "events", StaleAfter: time.Hour, MaxAge: 24 * time.Hour,
		ScheduleFor: 100 * time.Millisecond, Events: job.EventPolicy{Enabled: true},
		Now:          func() time.Time { return time.UnixMilli(s.clock.Load()) },
		DefaultQueue: func(job.ID) job.Address { return job.Address{} },
	}, ports, slog.New(slog.DiscardHandler))
	s.feed = monitortest.NewFeed(seed, 0.15, s.service.SaveKubeStatus)
	s.ticks = newSender(s.service, s.scheduler, soakRetry)
	return s
}

// listAt is a SampleList at one address, whatever the job says.
type listAt struct {
	next    monitor.SampleList
	address job.Address
}

// Push implements monitor.SampleList.
func (l listAt) Push(ctx context.Context, spec job.Spec, key monitor.PushKey, x sample.Sample) error {
	spec.Queue.Address = l.address
	return l.next.Push(ctx, spec, key, x)
}

// step moves the clock by a step. In it, faults begin and end, the jobs' workers
// and clients do what their stories say, and the schedules tick.
func (s *soak) step(step int) {
	s.clock.Add(soakStep.Milliseconds())
	s.network.Settle()
	if step < soakSteps {
		s.injectFaults(step)
	}
	var group errgroup.Group
	group.SetLimit(underWay)
	if s.rand.IntN(10) == 0 {
		group.Go(func() error { _, _ = s.service.Sweep(s.t.Context()); return nil })
	}
	for _, j := range s.jobs {
		if do := j.next(step); do != nil {
			group.Go(func() error { do(); return nil })
		}
	}
	for _, tick := range s.due(step) {
		group.Go(func() error { _ = s.ticks.send(s.t.Context(), tick); return nil })
	}
	_ = group.Wait()
}

// due returns the deliveries of a step. Some ticks are delivered twice, some by a
// second sender too, and some in a later step.
func (s *soak) due(step int) []monitor.Tick {
	ticking := s.scheduler.Ticking()
	slices.SortFunc(ticking, func(a, b monitor.Scheduled) int {
		return strings.Compare(fmt.Sprint(a.ID, a.Life), fmt.Sprint(b.ID, b.Life))
	})
	var due []monitor.Tick
	s.held = slices.DeleteFunc(s.held, func(h heldTick) bool {
		if h.step > step {
			return false
		}
		due = append(due, h.tick)
		return true
	})
	for _, of := range ticking {
		tick := monitor.Tick{
			ID: fmt.Sprintf("%s-%d-%d", of.ID, of.Life, step), Job: of.ID, Life: of.Life, Sent: time.UnixMilli(s.clock.Load()),
		}
		if step >= soakSteps {
			due = append(due, tick)
			continue
		}
		switch s.rand.IntN(20) {
		case 0:
			s.held = append(s.held, heldTick{tick, step + 1 + s.rand.IntN(20)})
		case 1:
			due = append(due, tick, tick)
		case 2:
			second := tick
			second.ID += "-second"
			due = append(due, tick, second)
		default:
			due = append(due, tick)
		}
	}
	return due
}

// soakSeed returns the seed of the random choices: SOAK_SEED, or 1.
func soakSeed(t *testing.T) uint64 {
	t.Helper()
	text := cmp.Or(os.Getenv("SOAK_SEED"), "1")
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}
