package controllerlist_test

import (
	"encoding/json"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/redistest"
)

const (
	jobID  = job.ID("kj-abc1234")
	expiry = time.Hour
)

// fixture is a list and the Redis that it pushes to.
type fixture struct {
	*controllerlist.List

	client *redis.Client
	spec   job.Spec
	stop   func()
}

// onEach runs a test body against a real Redis and the embedded one.
func onEach(t *testing.T, body func(*testing.T, fixture)) {
	t.Helper()
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		body(t, newFixture(t, s.Addr(), s.Stop, nil))
	})
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		s := miniredis.RunT(t)
		body(t, newFixture(t, s.Addr(), s.Close, nil))
	})
}

func newFixture(t *testing.T, addr string, stop func(), dial redispool.Dial) fixture {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second, Dial: dial})
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() {
		pool.Close()
		_ = client.Close()
	})
	return fixture{
		List: controllerlist.New(pool, expiry), client: client, stop: stop,
		spec: job.Spec{ID: jobID, Queue: job.Address{Host: host, Port: number}},
	}
}

// publish publishes a sample of a tick at a time in milliseconds.
func (f fixture) publish(t *testing.T, tickID string, at int64) {
	t.Helper()
	if err := f.Push(t.Context(), f.spec, tickID, sample.Sample{At: at, Error: -0.5}); err != nil {
		t.Fatalf("publish %s: %v", tickID, err)
	}
}

// timestamps are those in the list, oldest first.
func (f fixture) timestamps(t *testing.T) []int64 {
	t.Helper()
	elements, err := f.client.LRange(t.Context(), controllerlist.Key(jobID), 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	var stamps []int64
	for _, element := range elements {
		var published struct{ Timestamp int64 }
		if err := json.Unmarshal([]byte(element), &published); err != nil {
			t.Fatalf("element %s: %v", element, err)
		}
		stamps = append(stamps, published.Timestamp)
	}
	return stamps
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
		if err := f.Push(t.Context(), f.spec, "tick-1", s); err != nil {
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
		f.publish(t, "tick-1", 1000)
		f.publish(t, "tick-2", 3000)
		f.publish(t, "tick-1", 5000) // a retry that comes late
		f.publish(t, "tick-2", 3000)
		f.wantTimestamps(t, 1000, 3000)
	})
}

func TestOnceForTwins(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		var twins sync.WaitGroup
		for range 8 {
			twins.Go(func() { f.publish(t, "tick-1", 1000) })
		}
		twins.Wait()
		f.wantTimestamps(t, 1000)
	})
}

// The Controller drops a sample that is not newer than the last it saw.
func TestTimestampsRise(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ at, want []int64 }{
		"rising times stay":           {[]int64{1000, 3000}, []int64{1000, 3000}},
		"the same time":               {[]int64{1000, 1000, 1000}, []int64{1000, 1001, 1002}},
		"an older time":               {[]int64{5000, 1000, 4000}, []int64{5000, 5001, 5002}},
		"newer than what was raised":  {[]int64{1000, 1000, 1002}, []int64{1000, 1001, 1002}},
		"as large as a double counts": {[]int64{1<<53 - 2, 1<<53 - 2}, []int64{1<<53 - 2, 1<<53 - 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f fixture) {
				t.Helper()
				for i, at := range tt.at {
					f.publish(t, "tick-"+strconv.Itoa(i), at)
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
		f.publish(t, "tick-1", 1000)
		if err := f.client.RPop(t.Context(), controllerlist.Key(jobID)).Err(); err != nil {
			t.Fatal(err)
		}
		f.publish(t, "tick-2", 1000)
		f.publish(t, "tick-1", 1000) // published before, and popped: not again
		f.wantTimestamps(t, 1001)
	})
}

func TestTheNewestAreKept(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		const published = controllerlist.MaxLength + 6
		for i := range published {
			f.publish(t, "tick-"+strconv.Itoa(i), int64(i))
		}
		f.publish(t, "tick-"+strconv.Itoa(published-1), published) // a retry of the last
		got := f.timestamps(t)
		if len(got) != 1024 || got[0] != 6 || got[len(got)-1] != published-1 {
			t.Errorf("%d samples, from %d to %d, want 1024, from 6 to %d", len(got), got[0], got[len(got)-1], published-1)
		}
	})
}

func TestEveryKeyExpires(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.publish(t, "tick-1", 1000)
		keys, err := f.client.Keys(t.Context(), "*").Result()
		if err != nil || len(keys) != 2 {
			t.Fatalf("keys = %q, %v, want two", keys, err)
		}
		for _, key := range keys {
			f.client.Persist(t.Context(), key)
		}
		f.publish(t, "tick-2", 2000) // sets the expiry anew
		for _, key := range keys {
			if got := f.client.PTTL(t.Context(), key).Val(); got <= expiry-time.Minute || got > expiry {
				t.Errorf("%s lives for %v, want %v", key, got, expiry)
			}
		}
	})
}

func TestScriptIsLoadedAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.publish(t, "tick-1", 1000)
		if err := f.client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		f.publish(t, "tick-2", 2000)
		f.wantTimestamps(t, 1000, 2000)
	})
}

func TestServerThatIsDown(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		f.publish(t, "tick-1", 1000)
		f.stop()
		err := f.Push(t.Context(), f.spec, "tick-2", sample.Sample{At: 2000})
		if !failure.IsRetryable(err) {
			t.Errorf("Publish = %v, want an error that may pass", err)
		}
	})
}

func TestRefusedAddress(t *testing.T) {
	t.Parallel()
	policy, err := egress.Parse(egress.Private())
	if err != nil {
		t.Fatal(err)
	}
	server := redistest.Start(t)
	f := newFixture(t, server.Addr(), server.Stop, dial.New(policy, "plugin_info.redis_ip", time.Second))
	err = f.Push(t.Context(), f.spec, "tick-1", sample.Sample{At: 1000})
	if failure.KindOf(err) != failure.KindInvalid {
		t.Errorf("Publish at a refused address = %v, want an error of kind invalid", err)
	}
}
