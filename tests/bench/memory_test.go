package bench_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/redistest"
)

// maxClient bounds the bytes of a client that has a connection to a job's Redis. An instance
// keeps 2,048 of them.
const maxClient = 6000

func TestClientMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates too")
	}
	const clients = 200
	server := redistest.Start(t)
	pool := redispool.New(redispool.Options{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server.Addr())
	}})
	t.Cleanup(pool.Close)
	ping := func(n int) {
		err := pool.Do(t.Context(), redispool.Server{Address: fmt.Sprintf("redis-%d:6379", n)}, func(c *redis.Client) error {
			return c.Ping(t.Context()).Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ping(0) // what all clients share is there
	before := living()
	for n := range clients {
		ping(n + 1)
	}
	if bytes := (living() - before) / clients; bytes > maxClient {
		t.Errorf("a client takes %d bytes, want at most %d", bytes, maxClient)
	} else {
		t.Logf("a client takes %d bytes", bytes)
	}
	if got := pool.Len(); got != clients+1 {
		t.Errorf("the pool has %d clients, want %d", got, clients+1)
	}
}

// living returns the bytes of the objects that live.
func living() int {
	var m runtime.MemStats
	for range 2 { // the first collection leaves what pools of objects hold
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
