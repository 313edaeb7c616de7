package redisbatch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redisbatch"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

func get(ctx context.Context, key string) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "get", key)
}

// A caller gets the values and errors of its own commands, not those of others in the request.
func TestDo(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	b := redisbatch.New(client)
	set(t, client, "a", "1")
	if err := client.RPush(t.Context(), "list", "x").Err(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			value, wrong := get(t.Context(), "a"), get(t.Context(), "list")
			if err := b.Do(t.Context(), value); err != nil || value.Val() != "1" {
				t.Errorf("a = %q, %v, want 1", value.Val(), err)
			}
			err := b.Do(t.Context(), get(t.Context(), "a"), wrong, get(t.Context(), "none"))
			if !redis.HasErrorPrefix(err, "WRONGTYPE") || !redis.HasErrorPrefix(wrong.Err(), "WRONGTYPE") {
				t.Errorf("%v, want the first error", err)
			}
		})
	}
	all.Wait()
}

func set(t *testing.T, client *redis.Client, key, value string) {
	t.Helper()
	if err := client.Set(t.Context(), key, value, 0).Err(); err != nil {
		t.Fatal(err)
	}
}

// The commands of one caller stay together: a transaction needs that.
func TestTransactions(t *testing.T) {
	t.Parallel()
	b := redisbatch.New(redistest.Start(t).Client())
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			exec := redis.NewSliceCmd(t.Context(), "exec")
			err := b.Do(t.Context(), redis.NewStatusCmd(t.Context(), "multi"),
				redis.NewCmd(t.Context(), "set", "k", i), redis.NewCmd(t.Context(), "get", "k"), exec)
			if want := fmt.Sprint([]any{"OK", strconv.Itoa(i)}); err != nil || fmt.Sprint(exec.Val()) != want {
				t.Errorf("%v %v, want %s", exec.Val(), err, want)
			}
		})
	}
	all.Wait()
}

// Those who come while requests are under way share the next ones.
func TestRequestsAreShared(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	b := redisbatch.New(client)
	set(t, client, "a", "1")
	before := reads(t, client)
	server.Pause()
	var all sync.WaitGroup
	var came atomic.Int64
	for range 100 {
		all.Go(func() {
			came.Add(1)
			if err := b.Do(t.Context(), get(t.Context(), "a")); err != nil {
				t.Error(err)
			}
		})
	}
	proctest.Until(t, "all have come", func() bool { return came.Load() == 100 && redisbatch.Waiting(b) > 0 })
	server.Resume()
	all.Wait()
	// 4 under way, the rest in batches of 32, and what go-redis says on each new connection.
	if got := reads(t, client) - before; got > 25 {
		t.Errorf("%d requests for 100 callers, want at most 25", got)
	}
}

// Callers who come at once share one request, although the first of them finds nobody waiting.
//
//nolint:paralleltest // it sets the number of processors
func TestCallersAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	client := &counted{Client: redistest.Start(t).Client()}
	b := redisbatch.New(client)
	const rounds, callers = 20, 8
	together := 0
	for range rounds {
		before := client.requests.Load()
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				if err := b.Do(t.Context(), get(t.Context(), "a")); !errors.Is(err, redis.Nil) {
					t.Errorf("%v, want %v", err, redis.Nil)
				}
			})
		}
		all.Wait()
		if client.requests.Load()-before == 1 {
			together++
		}
	}
	if together == 0 { // the scheduler may part some
		t.Errorf("in none of %d rounds did %d callers share a request", rounds, callers)
	}
}

// counted is a client that counts its requests.
type counted struct {
	*redis.Client

	requests atomic.Int64
}

func (c *counted) Pipeline() redis.Pipeliner {
	c.requests.Add(1)
	return c.Client.Pipeline()
}

// reads returns how many requests a server has read.
func reads(t *testing.T, client *redis.Client) int {
	t.Helper()
	stats, err := client.InfoMap(t.Context(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(stats["Stats"]["total_reads_processed"], &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A caller whose context ends does not wait, and the others get their answers.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	b := redisbatch.New(client)
	set(t, client, "a", "1")
	server.Pause()
	var all sync.WaitGroup
	var gone atomic.Int64
	for i := range 40 {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%2 == 1 {
				time.AfterFunc(20*time.Millisecond, cancel)
			}
			err := b.Do(ctx, get(ctx, "a"))
			if i%2 == 0 && err != nil {
				t.Errorf("who waits gets %v", err)
			}
			if err != nil && !errors.Is(err, redisbatch.ErrAbandoned) {
				t.Errorf("who does not wait gets %v, want ErrAbandoned", err)
			}
			if err != nil {
				gone.Add(1)
			}
		})
	}
	proctest.Until(t, "those who do not wait are gone", func() bool { return gone.Load() >= 10 })
	server.Resume()
	all.Wait()
	if err := b.Do(t.Context(), get(t.Context(), "a")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// The deadline of a call bounds its request: a Redis that does not answer holds up nobody for
// longer, and those who come afterwards get their own error.
func TestDeadline(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, ReadTimeout: -1, // nothing else ends a request
	})
	t.Cleanup(func() { _ = client.Close() })
	b := redisbatch.New(client)
	server.Pause()
	defer server.Resume()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := b.Do(ctx, get(ctx, "a")); err == nil {
				t.Error("a Redis that is paused answers")
			}
		})
	}
	all.Wait()
	if n := redisbatch.Waiting(b); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// A connection that cannot be made is an error of each call.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), DB: 99, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	if err := redisbatch.New(client).Do(t.Context(), get(t.Context(), "a")); err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a database that does not exist: %v, want an error", err)
	}
}

// stuck is a client whose first request waits until the test releases it.
type stuck struct {
	*redis.Client

	first   atomic.Bool
	entered chan struct{}
	release chan struct{}
}

func (s *stuck) Pipeline() redis.Pipeliner {
	if s.first.CompareAndSwap(false, true) {
		close(s.entered)
		<-s.release
	}
	return s.Client.Pipeline()
}

// A request that is slow holds up only its own callers: those who wait make another one
// beside it, whether others come or not.
func TestSlowRequest(t *testing.T) {
	t.Parallel()
	client := &stuck{Client: redistest.Start(t).Client(), entered: make(chan struct{}), release: make(chan struct{})}
	b := redisbatch.New(client)
	var slow, others sync.WaitGroup
	slow.Go(func() {
		if err := b.Do(t.Context(), get(t.Context(), "a")); !errors.Is(err, redis.Nil) {
			t.Errorf("the slow one: %v, want %v", err, redis.Nil)
		}
	})
	<-client.entered
	for range 3 {
		others.Go(func() {
			if err := b.Do(t.Context(), get(t.Context(), "a")); !errors.Is(err, redis.Nil) {
				t.Errorf("behind the slow one: %v, want %v", err, redis.Nil)
			}
		})
	}
	others.Wait() // while the first one is stuck
	close(client.release)
	slow.Wait()
}

// counting is a client that counts its requests under way, which wait until the test releases
// them.
type counting struct {
	*redis.Client

	underWay, most atomic.Int64
	release        chan struct{}
}

func (c *counting) Pipeline() redis.Pipeliner {
	c.most.Store(max(c.most.Load(), c.underWay.Add(1)))
	defer c.underWay.Add(-1)
	<-c.release
	return c.Client.Pipeline()
}

// Requests beside slow ones are bounded: they take connections.
func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	client := &counting{Client: redistest.Start(t).Client(), release: make(chan struct{})}
	b := redisbatch.New(client)
	var all sync.WaitGroup
	for i := range int64(10) {
		all.Go(func() {
			if err := b.Do(t.Context(), get(t.Context(), "a")); !errors.Is(err, redis.Nil) {
				t.Errorf("%v, want %v", err, redis.Nil)
			}
		})
		proctest.Until(t, "it is sent, or waits", func() bool {
			return client.underWay.Load() == min(i+1, 4) && redisbatch.Waiting(b) == int(max(i-3, 0))
		})
	}
	time.Sleep(50 * time.Millisecond) // those who wait try again and again
	if most := client.most.Load(); most != 4 {
		t.Errorf("%d requests were under way, want 4", most)
	}
	close(client.release)
	all.Wait()
}

// panicking is a client whose pipelines panic until it is told not to.
type panicking struct {
	*redis.Client

	sane bool
}

func (p *panicking) Pipeline() redis.Pipeliner {
	if !p.sane {
		panic("planted")
	}
	return p.Client.Pipeline()
}

func TestPanic(t *testing.T) {
	t.Parallel()
	client := &panicking{Client: redistest.Start(t).Client()}
	b := redisbatch.New(client)
	if err := b.Do(t.Context(), get(t.Context(), "a")); err == nil || !strings.Contains(err.Error(), "planted") {
		t.Errorf("%v, want the panic", err)
	}
	client.sane = true
	if err := b.Do(t.Context(), get(t.Context(), "a")); !errors.Is(err, redis.Nil) {
		t.Errorf("afterwards: %v, want %v", err, redis.Nil)
	}
}

// A server that does not know a script gets it whole.
func TestScript(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	b := redisbatch.New(client)
	script := redisbatch.NewScript("return {KEYS[1], ARGV[1], ARGV[2]}")
	for range 2 {
		got, err := script.Run(t.Context(), b, []any{"k"}, 7, "x")
		if want := fmt.Sprint([]any{"k", "7", "x"}); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%v %v, want %s", got, err, want)
		}
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := redisbatch.NewScript("return redis.error_reply('WRONG')").Run(t.Context(), b, nil); err == nil {
		t.Error("the error of a script is lost")
	}
}
