package redispool_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/redistest"
)

// dialAlways returns a Dial that connects to server whatever the address, so
// that one server stands for many.
func dialAlways(server *redistest.Server) redispool.Dial {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server.Addr())
	}
}

// client returns the client that a pool keeps for an address, after a ping. A
// test keeps it after Do only to see whether it was closed.
func client(t *testing.T, p *redispool.Pool, address string) *redis.Client {
	t.Helper()
	var used *redis.Client
	err := p.Do(t.Context(), redispool.Server{Address: address}, func(c *redis.Client) error {
		used = c
		return c.Ping(t.Context()).Err()
	})
	if err != nil {
		t.Fatalf("ping %s: %v", address, err)
	}
	return used
}

// closed reports whether a client was closed.
func closed(t *testing.T, c *redis.Client) bool {
	t.Helper()
	err := c.Ping(t.Context()).Err()
	if err != nil && !errors.Is(err, redis.ErrClosed) {
		t.Fatalf("ping: %v", err)
	}
	return err != nil
}

func newPool(t *testing.T, o redispool.Options) *redispool.Pool {
	t.Helper()
	if o.Dial == nil {
		o.Dial = dialAlways(redistest.Start(t))
	}
	o.Timeout = 10 * time.Second
	p := redispool.New(o)
	t.Cleanup(p.Close)
	return p
}

func TestDo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := newPool(t, redispool.Options{Dial: (&net.Dialer{}).DialContext})
	first := client(t, p, server.Addr())
	if again := client(t, p, server.Addr()); again != first {
		t.Error("one address has two clients")
	}
	if got := p.Len(); got != 1 {
		t.Errorf("Len() = %d, want 1", got)
	}
	want := errors.New("used")
	if got := p.Do(t.Context(), redispool.Server{Address: server.Addr()}, func(*redis.Client) error { return want }); !errors.Is(got, want) {
		t.Errorf("Do = %v, want the error that use returned", got)
	}
}

func TestDoWithTheDefaults(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := redispool.New(redispool.Options{})
	defer p.Close()
	client(t, p, server.Addr())
}

func TestLeastRecentlyUsedIsEvicted(t *testing.T) {
	t.Parallel()
	p := newPool(t, redispool.Options{Size: 2})
	a, b := client(t, p, "a:1"), client(t, p, "b:1")
	client(t, p, "a:1") // b is the least recently used
	c := client(t, p, "c:1")
	if p.Len() != 2 || closed(t, a) || !closed(t, b) || closed(t, c) {
		t.Errorf("Len() = %d, closed: a %t, b %t, c %t, want 2 clients and only b closed", p.Len(), closed(t, a), closed(t, b), closed(t, c))
	}
	if again := client(t, p, "b:1"); again == b {
		t.Error("an evicted client came back")
	}
}

func TestEvictedClientIsClosedAfterItsLastUser(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		evict func(*testing.T, *redispool.Pool)
	}{
		"by another address": {func(t *testing.T, p *redispool.Pool) { t.Helper(); client(t, p, "b:1") }},
		"by Close":           {func(_ *testing.T, p *redispool.Pool) { p.Close() }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, redispool.Options{Size: 1})
			var used *redis.Client
			err := p.Do(t.Context(), redispool.Server{Address: "a:1"}, func(outer *redis.Client) error {
				used = outer
				return p.Do(t.Context(), redispool.Server{Address: "a:1"}, func(inner *redis.Client) error {
					tt.evict(t, p)
					if inner != outer || closed(t, inner) {
						t.Error("a client with two users was closed")
					}
					return nil
				})
			})
			if err != nil || !closed(t, used) {
				t.Errorf("Do = %v; closed after the last user: %t, want true", err, closed(t, used))
			}
		})
	}
}

// A use that panics, which an HTTP server survives, also ends.
func TestUseThatPanics(t *testing.T) {
	t.Parallel()
	p := newPool(t, redispool.Options{})
	c := client(t, p, "a:1")
	func() {
		defer func() { _ = recover() }()
		_ = p.Do(t.Context(), redispool.Server{Address: "a:1"}, func(*redis.Client) error { panic("user") })
	}()
	p.Close()
	if !closed(t, c) {
		t.Error("a client was not closed after a use of it had panicked")
	}
}

func TestIdleIsEvicted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
	p := newPool(t, redispool.Options{Idle: time.Minute, Now: func() time.Time { return now }})
	a, b := client(t, p, "a:1"), client(t, p, "b:1")

	now = now.Add(30 * time.Second) // a is used again
	client(t, p, "a:1")
	if closed(t, b) {
		t.Error("b was closed after 30 s, want a minute")
	}
	now = now.Add(30 * time.Second) // b has been idle for a minute
	client(t, p, "a:1")
	if p.Len() != 1 || closed(t, a) || !closed(t, b) {
		t.Errorf("Len() = %d, closed: a %t, b %t, want 1 client and only b closed", p.Len(), closed(t, a), closed(t, b))
	}
	now = now.Add(time.Hour) // a is idle too: its address gets a new client
	if again := client(t, p, "a:1"); again == a || !closed(t, a) {
		t.Error("a was not closed after an hour")
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	p := newPool(t, redispool.Options{})
	a, b := client(t, p, "a:1"), client(t, p, "b:1")
	for range 2 { // the second call does nothing
		p.Close()
	}
	if p.Len() != 0 || !closed(t, a) || !closed(t, b) {
		t.Errorf("Len() = %d, closed: a %t, b %t, want 0 clients and both closed", p.Len(), closed(t, a), closed(t, b))
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	p := newPool(t, redispool.Options{Size: 2})
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for j := range 50 {
				address := string(rune('a'+(i+j)%5)) + ":1"
				err := p.Do(t.Context(), redispool.Server{Address: address}, func(c *redis.Client) error { return c.Ping(t.Context()).Err() })
				if err != nil {
					t.Errorf("ping %s: %v", address, err)
				}
			}
		})
	}
	users.Wait()
	if got := p.Len(); got != 2 {
		t.Errorf("Len() = %d, want 2", got)
	}
}

// A Redis that is slow has as many connections as a client opens, and keeps them.
func TestConnectionsOfASlowServerStay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	var dials atomic.Int64
	p := newPool(t, redispool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, address)
	}})
	const atOnce = 4
	for range 5 {
		var users sync.WaitGroup
		for range atOnce {
			users.Go(func() {
				err := p.Do(t.Context(), redispool.Server{Address: server.Addr()}, func(c *redis.Client) error {
					return c.Do(t.Context(), "BLPOP", "none", "0.1").Err()
				})
				if !errors.Is(err, redis.Nil) {
					t.Error(err)
				}
			})
		}
		users.Wait()
	}
	if got := dials.Load(); got > atOnce {
		t.Errorf("%d connections were opened, want at most %d", got, atOnce)
	}
}

// go-redis returns the error for a refused address unchanged, even when the
// client stops dialling after several failures in a row.
func TestRefusedAddress(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	policy, err := egress.Parse(egress.Private())
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, redispool.Options{Dial: dial.New(policy, "plugin_info.redis_ip", time.Second)})
	for i := range 10 {
		err := p.Do(t.Context(), redispool.Server{Address: server.Addr()}, func(c *redis.Client) error { return c.Ping(t.Context()).Err() })
		if failure.KindOf(err) != failure.KindInvalid {
			t.Errorf("ping %d of a refused address = %v, want an error of kind invalid", i, err)
		}
	}
}
