package redisstore_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// The user of knative/README.md is enough for the whole suite, and every command that it
// may send is sent.
func TestStateUser(t *testing.T) {
	t.Parallel()
	server := redistest.StartState(t)
	t.Run("suite", func(t *testing.T) {
		monitortest.RunStore(t, func(t *testing.T) monitor.Store {
			t.Helper()
			return redisstore.New(open(t, redistest.StartState(t).URL()))
		})
	})
	for _, command := range []string{"keys *", "config get *", "flushall", "set other x", "get other", "acl list", "monitor", "script flush"} {
		words := strings.Fields(command)
		args := make([]any, len(words))
		for i, word := range words {
			args[i] = word
		}
		client := open(t, server.URL())
		if err := client.Do(t.Context(), args...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%s: %v, want NOPERM", command, err)
		}
	}
}

// databases returns a function that returns the path of another database in a URL.
func databases() func() string {
	var last atomic.Int64
	return func() string { return fmt.Sprint("/", last.Add(1)) }
}

// Each command that the user may send is one that a store sends.
func TestStateUserIsMinimal(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--databases", "256")
	next := databases()
	t.Run("suite", func(t *testing.T) {
		monitortest.RunStore(t, func(t *testing.T) monitor.Store {
			t.Helper()
			return redisstore.New(open(t, server.URL()+next()))
		})
	})
	if _, err := redisstore.New(open(t, server.URL())).UseQueue(t.Context(), monitortest.Spec("a", "f"), 0); err != nil {
		t.Fatal(err)
	}
	sent := server.Client().Info(t.Context(), "commandstats").Val()
	for _, word := range strings.Fields(redistest.StateUser(t)) {
		if command, ok := strings.CutPrefix(word, "+"); ok && !strings.Contains(sent, "cmdstat_"+command+":") {
			t.Errorf("the user may send %s, which no store sends", command)
		}
	}
}
