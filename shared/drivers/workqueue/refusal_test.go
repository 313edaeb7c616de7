package workqueue_test

import (
	"context"
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// items are 1, 2 and 3 items in the lists.
var items = map[string][]any{"job": {"a"}, "job:processing": {"b", "c"}, "job:results": {"d", "e", "f"}}

// filled starts a server with items.
func filled(t *testing.T, args ...string) *redistest.Server {
	t.Helper()
	s := redistest.Start(t, args...)
	fill(t.Context(), t, s.Addr(), items)
	return s
}

// restrict sets what a client without a login may do, and returns a client that may
// do everything.
func restrict(t *testing.T, s *redistest.Server, rules ...string) *redis.Client {
	t.Helper()
	if err := s.Client().Do(t.Context(), "ACL", "SETUSER", "admin", "on", ">pass", "~*", "&*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(&redis.Options{Addr: s.Addr(), Username: "admin", Password: "pass"})
	t.Cleanup(func() { _ = admin.Close() })
	command := []any{"ACL", "SETUSER", "default"}
	for _, rule := range rules {
		command = append(command, rule)
	}
	if err := admin.Do(t.Context(), command...).Err(); err != nil {
		t.Fatal(err)
	}
	return admin
}

// wantRefusal checks the error of a look: its kind and its public text.
func wantRefusal(t *testing.T, at job.Address, kind failure.Kind, phrase string) {
	t.Helper()
	q := newQueue(t, nil)
	for range 2 {
		got, err := q.Count(t.Context(), usual(at))
		typed, ok := errors.AsType[*failure.Error](err)
		want := "cannot read the queue at " + at.String() + ": " + phrase
		if !ok || typed.Kind != kind || typed.Public() != want || got != (job.QueueCount{}) {
			t.Fatalf("Count = %+v, %v of kind %q, want none and %q of kind %q", got, err, failure.KindOf(err), want, kind)
		}
	}
}

// The reason of a failed look is the first error, in a phrase.
func TestCountThatIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args   []string
		rules  []string
		key    string // of a wrong type
		phrase string
	}{
		"LLEN is not permitted":          {nil, []string{"-llen"}, "", "no permission"},
		"LLEN and MULTI are not":         {nil, []string{"-llen", "-multi"}, "", "no permission"},
		"one list is not permitted":      {nil, []string{"resetkeys", "~job", "~job:results"}, "", "no permission"},
		"nothing is permitted":           {nil, []string{"-@all"}, "", "no permission"},
		"the user is off":                {nil, []string{"off"}, "", "a password is required"},
		"LLEN is disabled":               {[]string{"--rename-command", "LLEN", ""}, nil, "", "unknown command"},
		"a password is set":              {nil, []string{"resetpass", ">secret"}, "", "a password is required"},
		"job has a wrong type":           {nil, nil, "job", "wrong type of key"},
		"job:processing has a wrong one": {nil, nil, "job:processing", "wrong type of key"},
		"job:results has a wrong one":    {nil, nil, "job:results", "wrong type of key"},
		"a wrong type without MULTI":     {nil, []string{"-multi"}, "job:results", "wrong type of key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(t, tt.args...)
			if tt.key != "" {
				if err := s.Client().Set(t.Context(), tt.key, "text", 0).Err(); err != nil {
					t.Fatal(err)
				}
			}
			if tt.rules != nil {
				restrict(t, s, tt.rules...)
			}
			wantRefusal(t, s.Address(), failure.KindRefused, tt.phrase)
		})
	}
}

// A Redis that is there, but cannot answer just now.
func TestCountThatMaySucceedLater(t *testing.T) {
	t.Parallel()
	t.Run("busy with a script", func(t *testing.T) {
		t.Parallel()
		s := filled(t, "--busy-reply-threshold", "1")
		other := s.Client()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = other.Eval(context.WithoutCancel(t.Context()), "while true do end", nil).Err() // it is killed
		}()
		proctest.Until(t, "the script to run", func() bool {
			return redis.HasErrorPrefix(s.Client().LLen(t.Context(), "job").Err(), "BUSY")
		})
		wantRefusal(t, s.Address(), failure.KindUnavailable, "busy with a script")
		s.Stop()
		<-ended
	})
	t.Run("a replica without its master", func(t *testing.T) {
		t.Parallel()
		s := filled(t, "--replica-serve-stale-data", "no")
		nobody := strconv.Itoa(proctest.FreePort(t))
		if err := s.Client().Do(t.Context(), "REPLICAOF", "127.0.0.1", nobody).Err(); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, s.Address(), failure.KindUnavailable, "its master is unreachable")
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		wantRefusal(t, job.Address{Host: "127.0.0.1", Port: proctest.FreePort(t)}, failure.KindUnavailable, "connection refused")
	})
}

// A replica can be read.
func TestCountOfAReplica(t *testing.T) {
	t.Parallel()
	master, replica := filled(t), redistest.Start(t)
	at := master.Address()
	if err := replica.Client().Do(t.Context(), "REPLICAOF", at.Host, at.Port).Err(); err != nil {
		t.Fatal(err)
	}
	q := newQueue(t, nil)
	proctest.Until(t, "the items to be replicated", func() bool {
		got, err := q.Count(t.Context(), usual(replica.Address()))
		return err == nil && got == job.QueueCount{Queued: 1, InFlight: 2, Results: 3}
	})
}

// A length that no list has is not believed.
func TestLengthsThatNoListHas(t *testing.T) {
	t.Parallel()
	const largest = 1 << 53
	tests := map[string]struct {
		lengths map[string]int64
		shown   string // "": the lengths are believed
	}{
		"as large as possible":   {map[string]int64{"job": largest}, ""},
		"one more":               {map[string]int64{"job": largest + 1}, "9007199254740993, 0 and 0"},
		"negative":               {map[string]int64{"job": -1}, "-1, 0 and 0"},
		"negative in flight":     {map[string]int64{"job:processing": math.MinInt64}, "0, -9223372036854775808 and 0"},
		"the largest of a long":  {map[string]int64{"job:results": math.MaxInt64}, "0, 0 and 9223372036854775807"},
		"too many together":      {map[string]int64{"job": largest, "job:processing": 1}, "9007199254740992, 1 and 0"},
		"negative, but not both": {map[string]int64{"job": 5, "job:processing": -5}, "5, -5 and 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := custom(t, func(p *server.Peer, key string) { p.WriteRaw(":" + strconv.FormatInt(tt.lengths[key], 10) + "\r\n") }, nil)
			if tt.shown == "" {
				if got, err := newQueue(t, nil).Count(t.Context(), usual(at)); err != nil || got.Queued != largest {
					t.Errorf("Count = %+v, %v, want %d items", got, err, largest)
				}
				return
			}
			wantRefusal(t, at, failure.KindRefused, "it answers that the lists job, job:processing and job:results hold "+tt.shown+" items")
		})
	}
}

func TestAnswersThatAreNoLength(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"+QUEUED\r\n", "+OK\r\n", "$4\r\nmany\r\n", "*0\r\n", ":many\r\n", ":99999999999999999999\r\n"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, custom(t, func(p *server.Peer, _ string) { p.WriteRaw(answer) }, nil), failure.KindRefused,
				"its answer is no reply of Redis")
		})
	}
}
