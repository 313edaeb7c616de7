package redispool_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/redistest"
)

// Two jobs with different credentials never share a connection, on one Redis and with
// one name of a user.
func TestSecretsShareNoConnection(t *testing.T) {
	t.Parallel()
	server := redistest.StartSecured(t, redistest.Security{
		Password: password, Users: []string{"a on >one ~* +@all", "b on >two ~* +@all"},
	})
	sets := map[string]dial.Credentials{
		"redis-a": fixed(t, "username", "a", "password", "one"), "redis-b": fixed(t, "username", "b", "password", "two"),
	}
	p := redispool.New(redispool.Options{Timeout: waitTimeout, Credentials: func(ctx context.Context, name string) (credential.Set, error) {
		return sets[name](ctx, name)
	}})
	t.Cleanup(p.Close)
	for range 20 {
		for secret, want := range map[string]string{"redis-a": "a", "redis-b": "b"} {
			if got := whoami(t, p, redispool.Server{Address: server.Addr(), Secret: secret}); got != want {
				t.Fatalf("%s is user %q, want %q", secret, got, want)
			}
		}
	}
	err := p.Do(t.Context(), redispool.Server{Address: server.Addr()}, func(c *redis.Client) error { return c.LLen(t.Context(), "job").Err() })
	if !redis.IsAuthError(err) {
		t.Errorf("without a Secret: %v, want an error of authentication", err)
	}
	if p.Len() != 3 {
		t.Errorf("%d clients, want 3", p.Len())
	}
}

// whoami returns the user of a client's connection.
func whoami(t *testing.T, p *redispool.Pool, s redispool.Server) (user string) {
	t.Helper()
	err := p.Do(t.Context(), s, func(c *redis.Client) (err error) {
		user, err = c.Do(t.Context(), "ACL", "WHOAMI").Text()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// After a Secret has changed, what is under way is finished with the old connections, and
// everything else uses new ones.
func TestRotatedSecret(t *testing.T) {
	t.Parallel()
	server := redistest.StartSecured(t, redistest.Security{Password: password, Users: []string{"a on >one ~* +@all", "b on >two ~* +@all"}})
	var current atomic.Pointer[dial.Credentials]
	set := func(pairs ...string) { c := fixed(t, pairs...); current.Store(&c) }
	set("username", "a", "password", "one")
	p := redispool.New(redispool.Options{Timeout: waitTimeout, Credentials: func(ctx context.Context, name string) (credential.Set, error) {
		return (*current.Load())(ctx, name)
	}})
	t.Cleanup(p.Close)
	s := redispool.Server{Address: server.Addr(), Secret: "redis-a"}
	var old *redis.Client
	err := p.Do(t.Context(), s, func(before *redis.Client) error {
		old = before
		if err := before.Ping(t.Context()).Err(); err != nil {
			return err
		}
		set("username", "b", "password", "two")
		if got := whoami(t, p, s); got != "b" {
			t.Errorf("after the rotation the user is %q, want b", got)
		}
		return before.Ping(t.Context()).Err() // under way
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Ping(t.Context()).Err(); err == nil {
		t.Error("the old client is open after its last user")
	}
	if p.Len() != 1 {
		t.Errorf("%d clients, want 1", p.Len())
	}
	users := server.Client().ClientList(t.Context()).Val()
	if strings.Contains(users, "user=a ") || !strings.Contains(users, "user=b ") {
		t.Errorf("connections of Redis:\n%s", users)
	}
}
