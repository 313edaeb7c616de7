// Package world runs the functions for tests: behind a real HTTP server, on real
// redis-servers, with a clock that the test sets.
package world

import (
	"context"
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

// noon is the default of Options.Begin.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// World is the function set and the servers that it uses.
type World struct {
	Set   *functions.Set
	URL   string
	State *redistest.Server // the state Redis
	Queue *redistest.Server // the jobs' own Redis
	Jobs  *redis.Client     // a client of Queue

	tb    testing.TB
	begin time.Time
	nanos atomic.Int64 // what the clock shows, Unix time
}

// Options holds the options of Open.
type Options struct {
	Begin     time.Time         // what the clock shows at first; zero: a noon
	State     []string          // arguments of the state Redis
	Functions functions.Options // Open sets Now to the world's clock
}

// Open serves every function, with settings on top of its own. It discards the
// local scheduler's ticks: tests send their own.
func Open(tb testing.TB, settings map[string]string, o Options) *World {
	tb.Helper()
	w := &World{tb: tb, begin: o.Begin, State: redistest.StartState(tb, o.State...), Queue: redistest.Start(tb)}
	w.Jobs = w.Queue.Client()
	if w.begin.IsZero() {
		w.begin = noon
	}
	w.At(0)
	discard := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tb.Cleanup(discard.Close)
	merged := map[string]string{
		"STATE_REDIS_URL": w.State.URL(), "SCHEDULER": "local", "JOB_STATUS": "queue",
		"TICK_SINK": discard.URL, "ALLOWED_HOSTS": "127.0.0.1/32",
	}
	maps.Copy(merged, settings)
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := merged[name]; return value, ok })
	if err != nil {
		tb.Fatal(err)
	}
	o.Functions.Now = w.Now
	w.Set, err = functions.Open(tb.Context(), cfg, logging.New(tb.Output(), slog.LevelError), o.Functions)
	if err != nil {
		tb.Fatal(err)
	}
	w.serve(cfg.Target)
	return w
}

// serve starts the functions and an HTTP server for them, until the test ends.
func (w *World) serve(target string) {
	w.tb.Helper()
	w.tb.Cleanup(func() {
		if err := w.Set.Close(context.Background()); err != nil {
			w.tb.Errorf("close: %v", err)
		}
	})
	if err := w.Set.Start(w.tb.Context()); err != nil {
		w.tb.Fatal(err)
	}
	handler, err := w.Set.Handler(target)
	if err != nil {
		w.tb.Fatal(err)
	}
	server := httptest.NewUnstartedServer(openapitest.Handler(w.tb, target, handler))
	server.Config.ErrorLog = log.New(w.tb.Output(), "", 0)
	server.Start()
	w.tb.Cleanup(server.Close)
	w.tb.Cleanup(w.Set.EndStreams)
	w.URL = server.URL
}

// Now returns what the clock shows.
func (w *World) Now() time.Time { return time.Unix(0, w.nanos.Load()).UTC() }

// At sets the clock to an offset from Options.Begin.
func (w *World) At(offset time.Duration) { w.nanos.Store(w.begin.Add(offset).UnixNano()) }

// Pass advances the clock.
func (w *World) Pass(by time.Duration) { w.nanos.Add(int64(by)) }
