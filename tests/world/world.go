// Package world runs the functions for a test: behind a real HTTP server, on real
// redis-servers, with a clock that the test moves.
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
	"kubejobs/shared/testkit/redistest"
)

// noon is the default start of the clock.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// World is the function set with the servers that it uses.
type World struct {
	Set   *functions.Set
	URL   string
	State *redistest.Server // holds the jobs' state
	Queue *redistest.Server // the jobs' own
	Jobs  *redis.Client     // of Queue

	tb    testing.TB
	begin time.Time
	nanos atomic.Int64 // the clock
}

// Options are what Open needs in addition to the settings.
type Options struct {
	Begin     time.Time         // start of the clock; zero: a noon
	State     []string          // arguments of the state's redis-server
	Functions functions.Options // Now is ignored: the world has its own clock
}

// Open serves every function. The ticks of the local scheduler have no receiver: tests
// send their own.
func Open(tb testing.TB, settings map[string]string, o Options) *World {
	tb.Helper()
	w := &World{tb: tb, begin: o.Begin, State: redistest.Start(tb, o.State...), Queue: redistest.Start(tb)}
	w.Jobs = w.Queue.Client()
	if w.begin.IsZero() {
		w.begin = noon
	}
	w.At(0)
	nowhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tb.Cleanup(nowhere.Close)
	all := map[string]string{
		"STATE_REDIS_URL": w.State.URL(), "SCHEDULER": "local", "JOB_STATUS": "queue",
		"TICK_SINK": nowhere.URL, "ALLOWED_HOSTS": "127.0.0.1/32",
	}
	maps.Copy(all, settings)
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := all[name]; return value, ok })
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

// serve starts the functions behind a server, until the test ends.
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
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(w.tb.Output(), "", 0)
	server.Start()
	w.tb.Cleanup(server.Close)
	w.tb.Cleanup(w.Set.EndStreams)
	w.URL = server.URL
}

// Now returns the time of the clock.
func (w *World) Now() time.Time { return time.Unix(0, w.nanos.Load()).UTC() }

// At sets the clock to an offset from its start.
func (w *World) At(offset time.Duration) { w.nanos.Store(w.begin.Add(offset).UnixNano()) }

// Pass advances the clock.
func (w *World) Pass(time time.Duration) { w.nanos.Add(int64(time)) }
