package controllerlist_test

import (
	"encoding/json"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

const (
	jobID  = job.ID("kj-abc1234")
	expiry = time.Hour
)

// fixture is a List, and a client of the Redis that it pushes to.
type fixture struct {
	*controllerlist.List

	client *redis.Client
	spec   job.Spec
	stop   func() // ends that Redis
}

// onEach runs a test body against redis-server and miniredis.
func onEach(t *testing.T, body func(*testing.T, fixture)) {
	t.Helper()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		f := newFixture(t, r.Address, nil)
		f.stop = r.Stop
		body(t, f)
	})
}

func newFixture(t *testing.T, queue job.Address, dial redispool.Dial) fixture {
	t.Helper()
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second, Dial: dial})
	client := redis.NewClient(&redis.Options{Addr: queue.String()})
	t.Cleanup(func() {
		pool.Close()
		_ = client.Close()
	})
	return fixture{List: controllerlist.New(pool, expiry), client: client, spec: job.Spec{ID: jobID, Queue: job.Queue{Address: queue}}}
}

// push pushes a sample of a tick; at is its time in Unix milliseconds.
func (f fixture) push(t *testing.T, tickID string, at int64) {
	t.Helper()
	if err := f.Push(t.Context(), f.spec, monitor.PushKey{TickID: tickID}, sample.Sample{At: at, Error: -0.5}); err != nil {
		t.Fatalf("push %s: %v", tickID, err)
	}
}

// timestamps returns the timestamps in the list, oldest first.
func (f fixture) timestamps(t *testing.T) []int64 {
	t.Helper()
	elements, err := f.client.LRange(t.Context(), controllerlist.Key(jobID), 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	var timestamps []int64
	for _, element := range elements {
		var pushed struct{ Timestamp int64 }
		if err := json.Unmarshal([]byte(element), &pushed); err != nil {
			t.Fatalf("element %s: %v", element, err)
		}
		timestamps = append(timestamps, pushed.Timestamp)
	}
	return timestamps
}

func (f fixture) wantTimestamps(t *testing.T, want ...int64) {
	t.Helper()
	if diff := cmp.Diff(want, f.timestamps(t)); diff != "" {
		t.Errorf("timestamps (-want +got):\n%s", diff)
	}
}

func TestElement(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		s := sample.Sample{At: 1795498954982, Job: 0.5, Time: 0.5333333333333333, Error: -0.03333333333333333, Replicas: 3}
		if err := f.Push(t.Context(), f.spec, monitor.PushKey{TickID: "tick-1"}, s); err != nil {
			t.Fatal(err)
		}
		got, err := f.client.RPop(t.Context(), "kj-abc1234:metrics").Result() // as the Controller takes it
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"name":"application_progress_error","value":-0.03333333333333333,"timestamp":1795498954982,` +
			`"dimensions":{"application_id":"kj-abc1234","service":"kubejobs"}}`
		if got != want {
			t.Errorf("element:\n got %s\nwant %s", got, want)
		}
	})
}

func TestOnceForEachTick(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.push(t, "tick-1", 1000)
		f.push(t, "tick-2", 3000)
		f.push(t, "tick-1", 5000) // a late retry
		f.push(t, "tick-2", 3000)
		f.wantTimestamps(t, 1000, 3000)
	})
}

func TestOnceForConcurrentPushes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		var pushes sync.WaitGroup
		for range 8 {
			pushes.Go(func() { f.push(t, "tick-1", 1000) })
		}
		pushes.Wait()
		f.wantTimestamps(t, 1000)
	})
}

// The Controller drops a sample that is not newer than the last it saw.
func TestTimestampsRise(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ at, want []int64 }{
		"rising times stay":              {[]int64{1000, 3000}, []int64{1000, 3000}},
		"the same time":                  {[]int64{1000, 1000, 1000}, []int64{1000, 1001, 1002}},
		"an older time":                  {[]int64{5000, 1000, 4000}, []int64{5000, 5001, 5002}},
		"newer than a raised time":       {[]int64{1000, 1000, 1002}, []int64{1000, 1001, 1002}},
		"near the largest exact integer": {[]int64{1<<53 - 2, 1<<53 - 2}, []int64{1<<53 - 2, 1<<53 - 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f fixture) {
				t.Helper()
				for i, at := range tt.at {
					f.push(t, "tick-"+strconv.Itoa(i), at)
				}
				f.wantTimestamps(t, tt.want...)
			})
		})
	}
}

func TestTimestampsRiseAfterTheListWasPoppedEmpty(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.push(t, "tick-1", 1000)
		if err := f.client.RPop(t.Context(), controllerlist.Key(jobID)).Err(); err != nil {
			t.Fatal(err)
		}
		f.push(t, "tick-2", 1000)
		f.push(t, "tick-1", 1000) // a retry; its sample was already popped
		f.wantTimestamps(t, 1001)
	})
}

func TestTheListKeepsTheNewest(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		const pushed = controllerlist.MaxLength + 6
		for i := range pushed {
			f.push(t, "tick-"+strconv.Itoa(i), int64(i))
		}
		f.push(t, "tick-"+strconv.Itoa(pushed-1), pushed) // a retry of the last
		got := f.timestamps(t)
		if len(got) != 1024 || got[0] != 6 || got[len(got)-1] != pushed-1 {
			t.Errorf("%d samples, from %d to %d, want 1024, from 6 to %d", len(got), got[0], got[len(got)-1], pushed-1)
		}
	})
}

func TestEveryKeyExpires(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.push(t, "tick-1", 1000)
		keys, err := f.client.Keys(t.Context(), "*").Result()
		if err != nil || len(keys) != 2 {
			t.Fatalf("keys = %q, %v, want two", keys, err)
		}
		for _, key := range keys {
			f.client.Persist(t.Context(), key)
		}
		f.push(t, "tick-2", 2000) // sets the expiry again
		for _, key := range keys {
			if got := f.client.PTTL(t.Context(), key).Val(); got <= expiry-time.Minute || got > expiry {
				t.Errorf("%s expires in %v, want %v", key, got, expiry)
			}
		}
	})
}

func TestScriptIsLoadedAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.push(t, "tick-1", 1000)
		if err := f.client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		f.push(t, "tick-2", 2000)
		f.wantTimestamps(t, 1000, 2000)
	})
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.push(t, "tick-1", 1000)
		f.stop()
		err := f.Push(t.Context(), f.spec, monitor.PushKey{TickID: "tick-2"}, sample.Sample{At: 2000})
		if !failure.IsRetryable(err) {
			t.Errorf("Push = %v, want a retryable error", err)
		}
	})
}

func TestRefusedAddress(t *testing.T) {
	t.Parallel()
	policy, err := egress.Parse(egress.Private())
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, redistest.Start(t).Address(), dial.New(policy, "plugin_info.redis_ip", time.Second))
	err = f.Push(t.Context(), f.spec, monitor.PushKey{TickID: "tick-1"}, sample.Sample{At: 1000})
	if failure.KindOf(err) != failure.KindInvalid {
		t.Errorf("Push to a refused address = %v, want an error of kind invalid", err)
	}
}
