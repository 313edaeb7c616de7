package contract_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
	"kubejobs/shared/testkit/openapitest"
	"kubejobs/shared/testkit/redistest"
)

// handled is a header of the answers of the functions. Those of net/http itself lack
// it.
const handled = "X-Handled"

// noon is the first time of a world's clock.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// clock is the time that the functions see.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time   { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *clock) set(at time.Time) { c.nanos.Store(at.UnixNano()) }

// world is the function set behind a real HTTP server, and the Redises that it uses.
type world struct {
	clock clock
	set   *functions.Set
	addr  string
	state *redis.Client // nil: the embedded Redis
	queue *redis.Client // the jobs' own Redis
	port  int           // of queue
	ticks atomic.Int64  // number of ticks sent
}

// newWorld serves all functions with a new state Redis and a new jobs' Redis.
func newWorld(t *testing.T, settings map[string]string) *world {
	t.Helper()
	state, queue := redistest.StartState(t), redistest.Start(t)
	all := map[string]string{"STATE_REDIS_URL": state.URL()}
	maps.Copy(all, settings)
	w := open(t, all)
	w.state, w.queue, w.port = state.Client(), queue.Client(), queue.Port()
	return w
}

// open serves all functions. It discards the ticks of the local scheduler: tests send
// their own.
func open(t *testing.T, settings map[string]string) *world {
	t.Helper()
	discard := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(discard.Close)
	all := map[string]string{
		"FUNCTION_TARGET": config.TargetAll, "SCHEDULER": "local", "JOB_STATUS": "queue",
		"TICK_SINK": discard.URL, "ALLOWED_HOSTS": "127.0.0.1/32",
	}
	maps.Copy(all, settings)
	cfg, err := config.Load(func(name string) (string, bool) {
		value, ok := all[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	w.clock.set(noon)
	w.set, err = functions.Open(t.Context(), cfg, logging.New(t.Output(), slog.LevelError), functions.Options{Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.set.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := w.set.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.serve(t, cfg.Target)
	return w
}

func (w *world) serve(t *testing.T, target string) {
	t.Helper()
	handler, err := w.set.Handler(target)
	if err != nil {
		t.Fatal(err)
	}
	handler = openapitest.Handler(t, target, handler)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set(handled, "yes")
		handler.ServeHTTP(rw, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	w.addr = server.Listener.Addr().String()
}

// fill makes the jobs' lists hold these numbers of items.
func (w *world) fill(t *testing.T, waiting, inFlight, done int) {
	t.Helper()
	_, err := w.queue.TxPipelined(t.Context(), func(pipe redis.Pipeliner) error {
		for list, length := range map[string]int{"job": waiting, "job:processing": inFlight, "job:results": done} {
			pipe.Del(t.Context(), list)
			for range length {
				pipe.RPush(t.Context(), list, "item")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("fill the lists: %v", err)
	}
}

// keys returns the keys in the state Redis.
func (w *world) keys(t *testing.T) map[string]bool {
	t.Helper()
	names, err := w.state.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatalf("list keys: %v", err)
	}
	keys := map[string]bool{}
	for _, name := range names {
		keys[name] = true
	}
	delete(keys, "monitor:fingerprint-key") // of no job
	return keys
}
