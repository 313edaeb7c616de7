package redispool_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redispool"
)

// A call ends with its context, long before the client's own time-out.
func TestClientObeysItsContext(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // connects and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	pool := redispool.New(redispool.Options{Timeout: time.Hour})
	t.Cleanup(pool.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- pool.Do(ctx, redispool.Server{Address: listener.Addr().String()}, func(client *redis.Client) error { return client.LLen(ctx, "job").Err() })
	}()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("no error of a Redis that never answers")
		}
	case <-time.After(15 * time.Second):
		t.Error("the call outlives its context")
	}
}
