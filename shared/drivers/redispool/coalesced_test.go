package redispool_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/redistest"
)

// countedConn is a connection whose writes are counted.
type countedConn struct {
	net.Conn

	writes *atomic.Int64
}

func (c countedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// The requests of a pool leave in one piece, however many commands they have.
func TestPoolSendsRequestsInOnePiece(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	pool := redispool.New(redispool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, network, address)
		return countedConn{conn, &writes}, err
	}})
	t.Cleanup(pool.Close)
	server := redispool.Server{Address: redistest.Start(t).Addr()}
	err := pool.Do(t.Context(), server, func(client *redis.Client) error {
		if err := client.Ping(t.Context()).Err(); err != nil { // it connects
			return err
		}
		before := writes.Load()
		_, err := client.Pipelined(t.Context(), func(pipe redis.Pipeliner) error {
			for range 200 {
				pipe.LLen(t.Context(), "job")
			}
			return nil
		})
		if got := writes.Load() - before; got != 1 {
			t.Errorf("200 commands took %d writes, want 1", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
