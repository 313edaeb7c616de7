// Package samples_test reads a job's samples as a caller does: over HTTP, while
// the job is ticked, streams end and the state Redis goes away.
package samples_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/functions/events"
	"kubejobs/shared/config"
	"kubejobs/shared/logging"
	"kubejobs/shared/redistest"
)

// patience bounds each wait.
const patience = 30 * time.Second

// noon is where a world's clock stands at first.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is the function set behind a real HTTP server, on Redises of its own.
type world struct {
	t     *testing.T
	nanos atomic.Int64 // the clock
	ticks int
	state *redistest.Server
	queue *redistest.Server
	jobs  *redis.Client
	set   *functions.Set
	url   string
}

// open serves every function. The local scheduler's ticks go nowhere: tests
// send their own. state is arguments of the state Redis.
func open(t *testing.T, streams events.Options, state ...string) *world {
	t.Helper()
	w := &world{t: t, state: redistest.Start(t, state...), queue: redistest.Start(t)}
	w.jobs = w.queue.Client()
	w.nanos.Store(noon.UnixNano())
	nowhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(nowhere.Close)
	settings := map[string]string{
		"STATE_REDIS_URL": w.state.URL(), "SCHEDULER": "local", "JOB_STATUS": "queue", "TICK_SPACING": "0",
		"TICK_SINK": nowhere.URL, "ALLOWED_HOSTS": "127.0.0.1/32",
	}
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := settings[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	w.set, err = functions.Open(t.Context(), cfg, logging.New(t.Output(), slog.LevelError+1), functions.Options{
		Now: func() time.Time { return time.Unix(0, w.nanos.Load()).UTC() }, Events: streams,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.set.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	handler, err := w.set.Handler(cfg.Target)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(w.set.EndStreams)
	w.url = server.URL
	return w
}

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes a request; header is name and value in turn.
func (w *world) call(method, path, body string, header ...string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// start starts job a, of 1,000 items.
func (w *world) start() {
	w.t.Helper()
	w.waiting(1000)
	body := fmt.Sprintf(`{"plugin":"kubejobs","plugin_info":{"expected_time":600,"number_of_jobs":1000,`+
		`"redis_ip":"127.0.0.1","redis_port":%d}}`, w.queue.Port())
	if got := w.call(http.MethodPost, "/monitoring/a", body); got.status != http.StatusAccepted {
		w.t.Fatalf("start: %d %s", got.status, got.body)
	}
}

// waiting makes the job's list hold this many items.
func (w *world) waiting(items int) {
	w.t.Helper()
	_, err := w.jobs.TxPipelined(w.t.Context(), func(pipe redis.Pipeliner) error {
		pipe.Del(w.t.Context(), "job")
		for range items {
			pipe.RPush(w.t.Context(), "job", "item")
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick moves the clock and ticks job a, again if it is to be retried; the
// sample's time in milliseconds.
func (w *world) tick(after time.Duration) int64 {
	w.t.Helper()
	at := w.nanos.Add(int64(after))
	w.ticks++
	until(w.t, fmt.Sprintf("tick %d is acknowledged", w.ticks), func() bool {
		got := w.call(http.MethodPost, "/", `{"app_id":"a"}`, "Content-Type", "application/json", "Ce-Id", fmt.Sprint("tick-", w.ticks),
			"Ce-Type", "dev.knative.sources.ping", "Ce-Source", "/apis/v1/namespaces/default/pingsources/a", "Ce-Specversion", "1.0")
		if got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
			w.t.Fatalf("tick %d: %d %s", w.ticks, got.status, got.body)
		}
		return got.status == http.StatusOK
	})
	return time.Unix(0, at).UnixMilli()
}

// until polls a condition that must come true.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("still not: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
