package monitor_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestStartFillsInWhatIsOmitted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	_, err := b.service.Start(t.Context(), monitor.Request{ID: "a", Plugin: "kubejobs", Budget: 40 * time.Second, Fingerprint: "f"})
	if err != nil {
		t.Fatal(err)
	}
	record, err := b.store.Load(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	want := job.Spec{
		ID: "a", Items: 3, Budget: 40 * time.Second, Submitted: monitortest.Start, Period: 2 * time.Second,
		Queue: job.Queue{Address: b.address()}, Strategy: "default", Fingerprint: b.keyed("f"), Accepted: monitortest.Start,
	}
	if diff := cmp.Diff(want, record.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if !record.Scheduled || !b.scheduler.Has("a") || record.State.Phase != job.PhasePending {
		t.Errorf("record %+v, want a pending job with a schedule", record)
	}
}

func TestStartUsesWhatIsGiven(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*monitor.Request)
		want   func(*job.Spec)
	}{
		"a period below the minimum": {
			func(r *monitor.Request) { r.Period = time.Second },
			func(s *job.Spec) { s.Period = 2 * time.Second },
		},
		"a longer period": {
			func(r *monitor.Request) { r.Period = 10 * time.Second },
			func(s *job.Spec) { s.Period = 10 * time.Second },
		},
		"a host, its usual port": {
			func(r *monitor.Request) { r.QueueHost = "redis-x" },
			func(s *job.Spec) { s.Queue.Address = job.Address{Host: "redis-x", Port: 6379} },
		},
		"host and port": {
			func(r *monitor.Request) { r.QueueHost, r.QueuePort = "10.1.2.3", 26379 },
			func(s *job.Spec) { s.Queue.Address = job.Address{Host: "10.1.2.3", Port: 26379} },
		},
		"a port of the usual host": {
			func(r *monitor.Request) { r.QueuePort = 26379 },
			func(s *job.Spec) { s.Queue.Port = 26379 },
		},
		"lists and a database": {
			func(r *monitor.Request) { r.QueueLists, r.QueueDatabase = job.Lists{Pending: "p", Results: "r"}, 3 },
			func(s *job.Spec) { s.Queue.Lists, s.Queue.Database = job.Lists{Pending: "p", Results: "r"}, 3 },
		},
		"a time of submission": {
			func(r *monitor.Request) { r.Submitted = monitortest.Start.Add(-25 * time.Hour) },
			func(s *job.Spec) { s.Submitted = monitortest.Start.Add(-25 * time.Hour) },
		},
		"a strategy": {
			func(r *monitor.Request) { r.Strategy, r.Heuristics = "pid", []byte(`{"kp":1}`) },
			func(s *job.Spec) { s.Strategy, s.Heuristics = "pid", []byte(`{"kp":1}`) },
		},
		"a database": {
			func(r *monitor.Request) {
				r.Database = &job.Database{Host: "influx", Port: 8086, Name: "asperathos"}
			},
			func(s *job.Spec) { s.Database = &job.Database{Host: "influx", Port: 8086, Name: "asperathos"} },
		},
		"a control": {
			func(r *monitor.Request) { r.Control = &job.Control{Confidence: .8} },
			func(s *job.Spec) {
				s.Control = &job.Control{Min: 1, Max: 6, Confidence: .8, Actuator: job.ActuatorRedis}
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(job.QueueCount{}, errors.New("not there yet"))
			want := job.Spec{
				ID: "a", Items: 6, Budget: time.Minute, Submitted: monitortest.Start, Period: 2 * time.Second,
				Queue: job.Queue{Address: b.address()}, Strategy: "default", Fingerprint: b.keyed("f"), Accepted: monitortest.Start,
			}
			tt.want(&want)
			r := request("a")
			tt.change(&r)
			if _, err := b.service.Start(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			record, err := b.store.Load(t.Context(), "a", "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, record.Spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request  func(*monitor.Request)
		count    job.QueueCount
		countErr error
		kind     failure.Kind
		names    string
	}{
		"no item to count":            {request: func(r *monitor.Request) { r.Items = 0 }, kind: failure.KindInvalid, names: "plugin_info.number_of_jobs"},
		"a queue that cannot be read": {request: func(r *monitor.Request) { r.Items = 0 }, countErr: errors.New("refused"), kind: failure.KindUnavailable, names: "plugin_info.number_of_jobs"},
		"a queue that refuses": {
			request:  func(r *monitor.Request) { r.Items = 0 },
			countErr: failure.Refused("cannot read the queue at a:1: wrong type of key", errors.New("WRONGTYPE")),
			kind:     failure.KindRefused, names: "plugin_info.number_of_jobs is required: cannot read the queue at a:1: wrong type of key",
		},
		"a queue that is not there": {
			request:  func(r *monitor.Request) { r.Items = 0 },
			countErr: failure.Unavailable("cannot read the queue at a:1: connection refused", errors.New("dial")),
			kind:     failure.KindUnavailable, names: "plugin_info.number_of_jobs is required: cannot read the queue at a:1: connection refused",
		},
		"an address that is not allowed": {
			request:  func(*monitor.Request) {},
			countErr: failure.InvalidField("plugin_info.redis_ip", "no"),
			kind:     failure.KindInvalid, names: "plugin_info.redis_ip",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(tt.count, tt.countErr)
			r := request("a")
			tt.request(&r)
			_, err := b.service.Start(t.Context(), r)
			if failure.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("Start: %v, want kind %q naming %s", err, tt.kind, tt.names)
			}
			b.redis.Del(fingerprintKey)
			if keys := b.redis.Keys(); len(keys) != 0 || b.scheduler.Calls() != 0 {
				t.Errorf("a refused start left keys %v and %d schedules", keys, b.scheduler.Calls())
			}
		})
	}
}

func TestStartAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.start("a") // the very same
	if got := b.scheduler.Lives("a"); len(got) != 1 || b.scheduler.Calls() != 2 {
		t.Errorf("schedules of lives %v after %d calls, want one, and a call for each start: the schedule may be lost", got, b.scheduler.Calls())
	}
	other := request("a")
	other.Fingerprint = "g"
	if _, err := b.service.Start(t.Context(), other); !errors.Is(err, monitor.ErrOtherRequest) {
		t.Errorf("another request: %v, want %v", err, monitor.ErrOtherRequest)
	}
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Start(t.Context(), other); err != nil {
		t.Errorf("another request after the end: %v", err)
	}
	if got := b.status(); got.Phase != job.PhasePending || !got.Scheduled {
		t.Errorf("after a new start: %+v", got)
	}
}

func TestConcurrentStarts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	var refused atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := b.service.Start(t.Context(), request("a")); err != nil {
				refused.Add(1)
			}
		})
	}
	wait.Wait()
	jobs, next, err := b.service.List(t.Context(), "", 0)
	if err != nil || refused.Load() != 0 || len(jobs) != 1 || next != "" || !b.scheduler.Has("a") {
		t.Errorf("%d refused, jobs %v, next %q, %v, want one scheduled job", refused.Load(), jobs, next, err)
	}
}

// Kubernetes is unreachable: the job is stored as not scheduled, and the next
// start schedules it.
func TestStartWithoutAScheduler(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failure error
		tries   int
	}{
		"it recovers": {failure.Unavailable("no API", nil), 2},
		"it refuses":  {errors.New("forbidden"), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(full, nil)
			b.scheduler.Fail = monitortest.FailOnce(tt.failure)
			b.start("a")
			if got := b.scheduler.Calls(); got != tt.tries {
				t.Errorf("%d tries, want %d", got, tt.tries)
			}
			b.start("a")
			if got := b.status(); !got.Scheduled || !b.scheduler.Has("a") {
				t.Errorf("still not scheduled after a further start: %+v", got)
			}
		})
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	const many = 250 // more than two pages
	for i := range many {
		b.start(job.ID("job-" + string(rune('a'+i/26)) + string(rune('a'+i%26))))
	}
	if err := b.service.Stop(t.Context(), "job-ab"); err != nil {
		t.Fatal(err)
	}
	b.scheduler = &monitortest.Scheduler{}
	b.build(nil)
	if err := b.service.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.scheduler.Calls(); got != many-1 || b.scheduler.Has("job-ab") || !b.scheduler.Has("job-aa") {
		t.Errorf("%d schedules, want the %d living jobs", got, many-1)
	}
}

// A server that is no Redis, or a damaged one, may answer any number.
func TestStartRefusesImpossibleLengths(t *testing.T) {
	t.Parallel()
	tests := map[string]job.QueueCount{
		"negative":        {Queued: -1},
		"both sum to one": {Queued: 2, InFlight: -1},
		"the largest":     {Queued: math.MaxInt64},
		"the sum":         {Queued: 1 << 53, InFlight: 1},
		"it overflows":    {Queued: math.MaxInt64, InFlight: math.MaxInt64},
	}
	for name, count := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.queue.Set(count, nil)
			r := request("a")
			r.Items = 0
			_, err := b.service.Start(t.Context(), r)
			if failure.KindOf(err) != failure.KindInvalid || !strings.Contains(err.Error(), strconv.FormatInt(count.Queued, 10)) {
				t.Errorf("start: %v, want a refusal that names what the queue answered", err)
			}
		})
	}
}
