package embedredis_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/embedredis"
)

// patience bounds a wait for what takes at most about a second.
const patience = 30 * time.Second

func start(t *testing.T, port int) *embedredis.Server {
	t.Helper()
	s, err := embedredis.Start(port)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func dial(t *testing.T, s *embedredis.Server) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestListensOnLoopback(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	defer s.Close()
	if want := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())); s.Addr() != want || s.Port() == 0 {
		t.Errorf("Addr, Port = %s, %d, want %s", s.Addr(), s.Port(), want)
	}
	if err := dial(t, s).Ping(t.Context()).Err(); err != nil {
		t.Errorf("ping: %v", err)
	}
}

// The store and the sample list rely on expiry, which miniredis leaves to its
// user.
func TestKeysExpire(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	defer s.Close()
	client := dial(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := client.Set(ctx, "brief", "x", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Set(ctx, "long", "x", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for client.Exists(ctx, "brief").Val() != 0 {
		select {
		case <-ctx.Done():
			t.Fatalf("a key that expires in a second still exists after %v", patience)
		case <-poll.C:
		}
	}
	if got, err := client.Exists(ctx, "long").Result(); got != 1 || err != nil {
		t.Errorf("a key that expires in an hour: Exists = %d, %v, want 1", got, err)
	}
	if got := client.TTL(ctx, "long").Val(); got >= time.Hour || got <= 0 {
		t.Errorf("a key that expires in an hour has %v left, want less than an hour", got)
	}
}

func TestCloseFreesThePort(t *testing.T) {
	t.Parallel()
	first := start(t, 0)
	client := dial(t, first)
	if err := client.Set(t.Context(), "key", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	port := first.Port()
	first.Close()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("ping of a closed server: no error")
	}
	second := start(t, port)
	defer second.Close()
	if got := dial(t, second).Exists(t.Context(), "key").Val(); got != 0 {
		t.Error("a new server has a key of the previous one")
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	first := start(t, 0)
	defer first.Close()
	if second, err := embedredis.Start(first.Port()); err == nil {
		second.Close()
		t.Error("two servers started on one port")
	}
}

// redis-cli asks for COMMAND DOCS when it starts, and aborts on the answer to COMMAND.
func TestCommandDocsIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	defer s.Close()
	client := dial(t, s)
	if got, err := client.Do(t.Context(), "command", "docs").Result(); err == nil {
		t.Errorf("COMMAND DOCS = %v, want an error", got)
	}
	if got, err := client.Do(t.Context(), "command").Slice(); err != nil || len(got) == 0 {
		t.Errorf("COMMAND = %d commands, %v, want some", len(got), err)
	}
}
