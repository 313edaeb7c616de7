package monitor_test

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// bench is a service on an embedded Redis, with its own clock.
type bench struct {
	t         *testing.T
	redis     *miniredis.Miniredis
	client    *redis.Client
	queue     *monitortest.Queue
	store     *monitortest.Store
	list      *monitortest.SampleList
	scheduler *monitortest.Scheduler
	receiver  *monitortest.Receiver // nil: nobody receives events
	service   *monitor.Service

	failAfter time.Duration
	log       *slog.Logger
	actuators map[string]monitor.Actuator
	fleets    monitor.Fleets

	mu  sync.Mutex
	now time.Time
}

const retries = 3

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, redis: miniredis.RunT(t), queue: &monitortest.Queue{}, scheduler: &monitortest.Scheduler{}, now: monitortest.Start,
		log: slog.New(slog.DiscardHandler), actuators: map[string]monitor.Actuator{job.ActuatorRedis: &monitortest.Actuator{}},
	}
	b.client = redis.NewClient(&redis.Options{Addr: b.redis.Addr()})
	pool := redispool.New(redispool.Options{})
	t.Cleanup(func() { pool.Close(); _ = b.client.Close() })
	b.store = &monitortest.Store{Store: redisstore.New(b.client)}
	b.list = &monitortest.SampleList{Next: controllerlist.New(pool, time.Hour)}
	b.build(nil)
	return b
}

// build creates the service; jobs may be nil.
func (b *bench) build(jobs monitor.KubeJobs) { b.make(jobs, false) }

// buildStored creates the service with the stored status of the Kubernetes Jobs.
func (b *bench) buildStored() { b.make(nil, true) }

// buildSwept creates the service with the stored status of the Kubernetes Jobs, and
// with jobs, which the sweep may ask.
func (b *bench) buildSwept(jobs monitor.KubeJobs) { b.make(jobs, true) }

func (b *bench) make(jobs monitor.KubeJobs, stored bool) {
	b.service = monitor.NewService(monitor.Config{
		Retries: retries, FailAfter: b.failAfter, Retention: time.Hour, MinPeriod: 2 * time.Second, DefaultPeriod: 2 * time.Second,
		StoredKubeStatus: stored, StaleAfter: 10 * time.Minute, MaxAge: 24 * time.Hour,
		Spacing: 0.4, Chance: rand.New(rand.NewPCG(1, 2)).Float64, ScheduleFor: time.Second, Now: b.clock,
		DefaultQueue: func(job.ID) job.Address { return b.address() },
		Events:       job.EventPolicy{Enabled: b.receiver != nil, Samples: b.receiver != nil},
	}, monitor.Ports{
		Store: b.store, Queue: b.queue, KubeJobs: jobs, SampleList: b.list, Broadcaster: b.broadcaster(), Scheduler: b.scheduler,
		Actuators: b.actuators, Fleets: b.fleets,
	}, b.log)
}

// broadcaster returns the receiver as a port, nil if there is none.
func (b *bench) broadcaster() monitor.Broadcaster {
	if b.receiver == nil {
		return nil
	}
	return b.receiver
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// at moves the clock to an offset from the start.
func (b *bench) at(offset time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = monitortest.Start.Add(offset)
}

func (b *bench) address() job.Address {
	return job.Address{Host: b.redis.Host(), Port: port(b.t, b.redis)}
}

func request(id job.ID) monitor.Request {
	return monitor.Request{ID: id, Plugin: "kubejobs", Budget: time.Minute, Items: 6, Fingerprint: "f"}
}

func (b *bench) start(id job.ID) {
	b.t.Helper()
	if _, err := b.service.Start(b.t.Context(), request(id)); err != nil {
		b.t.Fatal(err)
	}
}

// tick delivers a tick that was sent now and expects its outcome.
func (b *bench) tick(tickID string, want monitor.Outcome) {
	b.t.Helper()
	got, err := b.service.Tick(b.t.Context(), monitor.Tick{ID: tickID, Job: "a", Sent: b.clock()})
	if err != nil || got != want {
		b.t.Fatalf("tick %s: %q, %v, want %q", tickID, got, err, want)
	}
}

// tickFails delivers a tick and expects a retryable error.
func (b *bench) tickFails(tickID string) {
	b.t.Helper()
	got, err := b.service.Tick(b.t.Context(), monitor.Tick{ID: tickID, Job: "a", Sent: b.clock()})
	if !failure.IsRetryable(err) {
		b.t.Fatalf("tick %s: %q, %v, want a retryable error", tickID, got, err)
	}
}

// retry delivers a tick until it is acknowledged, as often as a sender would.
func (b *bench) retry(tickID string) {
	b.t.Helper()
	var err error
	for range 5 {
		if _, err = b.service.Tick(b.t.Context(), monitor.Tick{ID: tickID, Job: "a", Sent: b.clock()}); err == nil {
			return
		}
	}
	b.t.Fatalf("tick %s is never acknowledged: %v", tickID, err)
}

func (b *bench) status() monitor.Status {
	b.t.Helper()
	status, err := b.service.Status(b.t.Context(), "a")
	if err != nil {
		b.t.Fatal(err)
	}
	return status
}

// published returns the elements in the job's list.
type element struct {
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"`
}

func (b *bench) published() []element {
	b.t.Helper()
	texts, err := b.client.LRange(b.t.Context(), "a:metrics", 0, -1).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	elements := make([]element, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal([]byte(text), &elements[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	return elements
}

// expectOnce expects n samples in the list, in the state and in the account.
func (b *bench) expectOnce(n int64) {
	b.t.Helper()
	status := b.status()
	if elements := int64(len(b.published())); elements != n || status.Samples != n || status.Ticks.Received != n {
		b.t.Errorf("%d elements, %d folds, %d received, want %d of each", elements, status.Samples, status.Ticks.Received, n)
	}
}

func port(t *testing.T, server *miniredis.Miniredis) int {
	t.Helper()
	number, err := strconv.Atoi(server.Port())
	if err != nil {
		t.Fatal(err)
	}
	return number
}
