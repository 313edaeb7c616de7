package bench_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/testkit/redistest"
)

// Bounds of the bytes that a job uses in the state Redis and in its own, at a time of its
// life. They leave 15 % of room over what redis-server 7.0 says.
var maxStored = map[string]stored{
	"started":  {1_400, 0},
	"an hour":  {100_000, 262_000},
	"a month":  {103_000, 262_000},
	"finished": {103_000, 262_000},
}

// stored is the bytes of a job's keys.
type stored struct{ state, own int64 }

const (
	// hourTicks are those of an hour, one every two seconds.
	hourTicks = 1800
	// monthTicks are fewer than a month has, as nothing grows with their number. They leave
	// the history as full as it can be.
	monthTicks = 1790
)

// A job that is monitored for a month keeps no more than one that is for an hour.
func TestStoredBytes(t *testing.T) {
	t.Parallel()
	j := startAged(t)
	j.check("started")
	j.ticks(hourTicks, 2*time.Second)
	j.check("an hour")
	j.ticks(monthTicks, 29*24*time.Hour/monthTicks)
	j.check("a month")
	if err := j.queue.Del(t.Context(), "job").Err(); err != nil {
		t.Fatal(err)
	}
	j.tick(2 * time.Second)
	if status := call(t, j.handler, http.MethodGet, "/monitoring/"+agedID, "", http.StatusOK); !strings.Contains(status, `"finished"`) {
		t.Fatalf("the job is not finished: %.400s", status)
	}
	j.check("finished")
}

const agedID = "demo"

// aged is a job that ages by a clock of its own.
type aged struct {
	t            *testing.T
	handler      http.Handler
	state, queue *redis.Client
	now          time.Time
	sent         int // ticks
}

func startAged(t *testing.T) *aged {
	t.Helper()
	state, queue := redistest.Start(t), redistest.Start(t)
	j := &aged{t: t, state: state.Client(), queue: queue.Client(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	j.handler = openSettings(t, map[string]string{
		"STATE_REDIS_URL": state.URL(), "TICK_SPACING": "0", "TICK_SINK": "http://127.0.0.1:1/", "METRICS": "false",
	}, functions.Options{Now: func() time.Time { return j.now }})
	if err := j.queue.RPush(t.Context(), "job", make([]any, hourTicks+monthTicks+1)...).Err(); err != nil {
		t.Fatal(err)
	}
	call(t, j.handler, http.MethodPost, "/monitoring/"+agedID, fmt.Sprintf(
		`{"plugin":"kubejobs","plugin_info":{"expected_time":2592000,"redis_ip":"127.0.0.1","redis_port":%d}}`, queue.Port()), http.StatusAccepted)
	return j
}

// ticks completes an item before each of some ticks.
func (j *aged) ticks(count int, apart time.Duration) {
	j.t.Helper()
	for range count {
		if err := j.queue.LMove(j.t.Context(), "job", "job:results", "LEFT", "RIGHT").Err(); err != nil {
			j.t.Fatal(err)
		}
		j.tick(apart)
	}
}

func (j *aged) tick(after time.Duration) {
	j.t.Helper()
	j.sent++
	j.now = j.now.Add(after)
	if code := tick(j.handler, agedID, j.sent); code != http.StatusOK {
		j.t.Fatalf("tick %d: %d", j.sent, code)
	}
}

// check compares what the job uses with its bounds.
func (j *aged) check(when string) {
	j.t.Helper()
	got := stored{memoryOf(j.t, j.state, "monitor:{"+agedID+"}:*"), memoryOf(j.t, j.queue, "*"+agedID+":*")}
	j.t.Logf("%s: %d bytes in the state Redis, %d in its own", when, got.state, got.own)
	if limit := maxStored[when]; got.state > limit.state || got.own > limit.own {
		j.t.Errorf("%s: the job has %d bytes in the state Redis and %d in its own, want at most %d and %d",
			when, got.state, got.own, limit.state, limit.own)
	}
}

// memoryOf returns the bytes that the keys of a pattern use, every element counted.
func memoryOf(t *testing.T, client *redis.Client, pattern string) int64 {
	t.Helper()
	keys, err := client.Keys(t.Context(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, key := range keys {
		size, err := client.MemoryUsage(t.Context(), key, 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		sum += size
	}
	return sum
}
