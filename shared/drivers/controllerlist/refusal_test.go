package controllerlist_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// wantRefused pushes a sample that the Redis refuses, and checks that the error says
// so in a phrase.
func wantRefused(t *testing.T, f fixture, phrase string) {
	t.Helper()
	for range 2 {
		err := f.Push(t.Context(), f.spec, monitor.PushKey{TickID: "tick-refused"}, sample.Sample{At: 5000})
		typed, ok := errors.AsType[*failure.Error](err)
		want := "cannot push to the Controller's list at " + f.spec.Queue.String() + ": " + phrase
		if !ok || typed.Kind != failure.KindRefused || typed.Public() != want {
			t.Fatalf("Push = %v of kind %q, want %q of kind refused", err, failure.KindOf(err), want)
		}
	}
}

// A list that cannot be written is refused, whatever the reason, and written again
// once that is mended.
func TestListThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	do := func(command string) []any {
		var arguments []any
		for _, word := range strings.Fields(command) {
			arguments = append(arguments, word)
		}
		return arguments
	}
	list := controllerlist.Key(jobID)
	tests := map[string]struct{ spoil, mend, phrase string }{
		"the list is a stream":        {"XADD " + list + " * a 1", "DEL " + list, "wrong type of key"},
		"the list is a text":          {"SET " + list + " x", "DEL " + list, "wrong type of key"},
		"the ticks are a list":        {"RPUSH {" + list + "}:ticks x", "DEL {" + list + "}:ticks", "wrong type of key"},
		"no script is permitted":      {"ACL SETUSER default -@scripting", "ACL SETUSER default +@all", "no permission"},
		"RPUSH is not permitted":      {"ACL SETUSER default -rpush", "ACL SETUSER default +@all", "no permission"},
		"only reading is permitted":   {"ACL SETUSER default -@all +@read", "ACL SETUSER default +@all", "no permission"},
		"the list is not permitted":   {"ACL SETUSER default resetkeys ~job*", "ACL SETUSER default ~*", "no permission"},
		"the memory is full":          {"CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "out of memory"},
		"a password is set":           {"ACL SETUSER default resetpass >secret", "ACL SETUSER default nopass", "a password is required"},
		"too few replicas, by policy": {"CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			if err := s.Client().Do(t.Context(), do("ACL SETUSER admin on >pass ~* &* +@all")...).Err(); err != nil {
				t.Fatal(err)
			}
			admin := redis.NewClient(&redis.Options{Addr: s.Addr(), Username: "admin", Password: "pass"})
			defer admin.Close()
			f := newFixture(t, s.Address(), nil)
			if err := admin.Do(t.Context(), do(tt.spoil)...).Err(); err != nil {
				t.Fatal(err)
			}
			if tt.phrase == "" {
				if err := f.Push(t.Context(), f.spec, monitor.PushKey{TickID: "tick-1"}, sample.Sample{At: 1000}); !failure.IsRetryable(err) {
					t.Errorf("Push = %v, want an error of kind unavailable", err)
				}
			} else {
				wantRefused(t, f, tt.phrase)
			}
			if err := admin.Do(t.Context(), do(tt.mend)...).Err(); err != nil {
				t.Fatal(err)
			}
			f.push(t, "tick-2", 2000)
			f.wantTimestamps(t, 2000)
		})
	}
}

func TestReplicaIsRefused(t *testing.T) {
	t.Parallel()
	master, replica := redistest.Start(t), redistest.Start(t)
	at, client := master.Address(), replica.Client()
	if err := client.Do(t.Context(), "REPLICAOF", at.Host, at.Port).Err(); err != nil {
		t.Fatal(err)
	}
	proctest.Until(t, "the link to the master", func() bool {
		return strings.Contains(client.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	wantRefused(t, newFixture(t, replica.Address(), nil), "read-only replica")
}

// The embedded Redis refuses a key of a wrong type as a real one does.
func TestWrongTypeOnEach(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		if err := f.client.Set(t.Context(), controllerlist.Key(jobID), "text", 0).Err(); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, f, "wrong type of key")
	})
}
