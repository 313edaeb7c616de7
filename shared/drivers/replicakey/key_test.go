package replicakey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/replicakey"
	"kubejobs/shared/testkit/redistest"
)

const expiry = time.Hour

var begin = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// spec returns the spec of a life that began so long after the first one.
func spec(queue job.Address, after time.Duration) job.Spec {
	return job.Spec{ID: "a", Queue: job.Queue{Address: queue, Database: 3}, Accepted: begin.Add(after)}
}

// onEach runs a test body against redis-server and miniredis.
func onEach(t *testing.T, body func(t *testing.T, r redistest.Redis, key *replicakey.Key, client *redis.Client)) {
	t.Helper()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		pool := redispool.New(redispool.Options{Timeout: 10 * time.Second})
		client := redis.NewClient(&redis.Options{Addr: r.Address.String()})
		t.Cleanup(func() {
			pool.Close()
			_ = client.Close()
		})
		body(t, r, replicakey.New(pool, expiry), client)
	})
}

func TestScale(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, r redistest.Redis, key *replicakey.Key, client *redis.Client) {
		t.Helper()
		steps := []struct {
			name     string
			after    time.Duration
			sequence int64
			replicas int64
			want     string
			kind     failure.Kind
		}{
			{"the first decision", 0, 1, 4, "4", ""},
			{"again", 0, 1, 4, "4", ""},
			{"a later decision", 0, 3, 9, "9", ""},
			{"a decision that comes late", 0, 2, 7, "9", failure.KindConflict},
			{"another life", time.Minute, 1, 5, "5", ""},
			{"a late decision of the life before", 0, 4, 8, "5", failure.KindConflict},
		}
		for _, s := range steps {
			err := key.Scale(t.Context(), spec(r.Address, s.after), job.Order{Replicas: s.replicas, Sequence: s.sequence})
			if (err == nil) != (s.kind == "") || err != nil && failure.KindOf(err) != s.kind {
				t.Errorf("%s: %v, want kind %q", s.name, err, s.kind)
			}
			if got := client.Get(t.Context(), "a:replicas").Val(); got != s.want {
				t.Errorf("%s: the key holds %q, want %q", s.name, got, s.want)
			}
		}
		for _, name := range []string{"a:replicas", "{a:replicas}:order"} {
			if left := client.PTTL(t.Context(), name).Val(); left <= 0 || left > expiry {
				t.Errorf("%s expires in %v, want %v", name, left, expiry)
			}
		}
	})
}

func TestKeyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, r redistest.Redis, key *replicakey.Key, client *redis.Client) {
		t.Helper()
		foreign := map[string]func(){
			"a list":      func() { client.RPush(t.Context(), "a:replicas", "1") },
			"a text":      func() { client.Set(t.Context(), "a:replicas", "many", 0) },
			"a long text": func() { client.Set(t.Context(), "a:replicas", strings.Repeat("1", 21), 0) },
		}
		for name, create := range foreign {
			client.Del(t.Context(), "a:replicas")
			create()
			before := client.Dump(t.Context(), "a:replicas").Val()
			err := key.Scale(t.Context(), spec(r.Address, 0), job.Order{Replicas: 4, Sequence: 1})
			if failure.KindOf(err) != failure.KindRefused || !strings.Contains(err.Error(), "belongs to somebody else") {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
			if after := client.Dump(t.Context(), "a:replicas").Val(); after != before {
				t.Errorf("%s was changed", name)
			}
		}
		client.Set(t.Context(), "a:replicas", "7", 0)
		if err := key.Scale(t.Context(), spec(r.Address, 0), job.Order{Replicas: 4, Sequence: 1}); err != nil {
			t.Errorf("a number that a person wrote: %v", err)
		}
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	policy, err := egress.Parse([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	address := server.Address()
	refused := replicakey.New(redispool.New(redispool.Options{Dial: dial.New(policy, "plugin_info.redis_ip", time.Second)}), expiry)
	if err := refused.Scale(t.Context(), spec(address, 0), job.Order{Replicas: 1}); failure.KindOf(err) != failure.KindInvalid {
		t.Errorf("an address that is not allowed: %v, want kind invalid", err)
	}
	key := replicakey.New(redispool.New(redispool.Options{}), expiry)
	server.Client().ConfigSet(t.Context(), "min-replicas-to-write", "1")
	if err := key.Scale(t.Context(), spec(address, 0), job.Order{Replicas: 1}); err == nil || failure.KindOf(err) == failure.KindInternal {
		t.Errorf("a Redis that takes no writes: %v, want an explained error", err)
	}
	server.Stop()
	if err := key.Scale(t.Context(), spec(address, 0), job.Order{Replicas: 1}); !failure.IsRetryable(err) {
		t.Errorf("a Redis that does not answer: %v, want kind unavailable", err)
	}
}
