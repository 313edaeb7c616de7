// Package bench_test times a tick against a real redis-server.
package bench_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/redistest"
)

// BenchmarkTick measures one tick through the handler: decode, load, observe, then
// push and commit at the same time. State and queue are in one redis-server.
func BenchmarkTick(b *testing.B) {
	handler, queue := open(b, nil)
	tickOneJob(b, handler, queue)
}

// tickOneJob starts a job and ticks it, once for each iteration.
func tickOneJob(b *testing.B, handler http.Handler, queue *redistest.Server) {
	b.Helper()
	if err := queue.Client().RPush(b.Context(), "job", "x", "y", "z").Err(); err != nil {
		b.Fatal(err)
	}
	start(b, handler, queue.Port(), "bench")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if code := tick(handler, "bench", i); code != http.StatusOK {
			b.Fatalf("tick %d: %d", i, code)
		}
	}
}

// BenchmarkTickOfWorkingJob measures ticks of a job of which an item is completed before
// each tick. The time of the command that completes it is part of the figure.
func BenchmarkTickOfWorkingJob(b *testing.B) {
	handler, queue := open(b, nil)
	client := queue.Client()
	const fill = "for i = 1, 200000 do redis.call('RPUSH', 'job', 'x') end redis.call('RPUSH', 'job:processing', 'y', 'y', 'y')"
	if err := client.Eval(b.Context(), fill, []string{"job"}).Err(); !errors.Is(err, redis.Nil) {
		b.Fatal(err)
	}
	start(b, handler, queue.Port(), "bench")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := client.LMove(b.Context(), "job", "job:results", "LEFT", "RIGHT").Err(); err != nil {
			b.Fatal(err)
		}
		if code := tick(handler, "bench", i); code != http.StatusOK {
			b.Fatalf("tick %d: %d", i, code)
		}
	}
}

// BenchmarkTicksOfManyJobs measures ticks of 100 jobs, sent in parallel.
func BenchmarkTicksOfManyJobs(b *testing.B) {
	handler, queue := open(b, nil)
	if err := queue.Client().RPush(b.Context(), "job", "x", "y", "z").Err(); err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		start(b, handler, queue.Port(), fmt.Sprint("bench-", i))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if code := tick(handler, fmt.Sprint("bench-", i%100), i); code != http.StatusOK {
				b.Errorf("tick %d: %d", i, code)
			}
		}
	})
}

// open returns a handler of every function, with extra settings, and the Redis
// that it uses. METRICS is off unless extra turns it on: BenchmarkPublishers
// measures its cost.
func open(b *testing.B, extra map[string]string) (http.Handler, *redistest.Server) {
	b.Helper()
	return openWith(b, extra, functions.Options{})
}

func openWith(b *testing.B, extra map[string]string, o functions.Options) (http.Handler, *redistest.Server) {
	b.Helper()
	server := redistest.Start(b)
	settings := map[string]string{
		"STATE_REDIS_URL": server.URL(), "TICK_SPACING": "0", "TICK_SINK": "http://127.0.0.1:1/", "METRICS": "false",
	}
	maps.Copy(settings, extra)
	return openSettings(b, settings, o), server
}

// openSettings returns a handler of every function, with settings.
func openSettings(tb testing.TB, settings map[string]string, o functions.Options) http.Handler {
	tb.Helper()
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := settings[name]; return value, ok })
	if err != nil {
		tb.Fatal(err)
	}
	set, err := functions.Open(tb.Context(), cfg, slog.New(slog.DiscardHandler), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = set.Close(context.WithoutCancel(tb.Context())) })
	handler, err := set.Handler(config.TargetAll)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// start starts a job whose Redis is on a loopback port.
func start(b *testing.B, handler http.Handler, port int, id string) {
	b.Helper()
	body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":3600,`+
		`"redis_ip":"127.0.0.1","redis_port":%d}}`, port)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/monitoring/"+id, strings.NewReader(body)))
	if w.Code != http.StatusAccepted {
		b.Fatalf("start %s: %d %s", id, w.Code, w.Body)
	}
}

// tick sends the n-th tick of a job and returns the status of the answer.
func tick(handler http.Handler, id string, n int) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"app_id":"`+id+`"}`))
	for name, value := range map[string]string{
		"Ce-Id": fmt.Sprintf("%p-%d", r, n), "Ce-Source": "/apis/v1/namespaces/default/pingsources/" + id,
		"Ce-Specversion": "1.0", "Ce-Time": time.Now().UTC().Format(time.RFC3339Nano), "Ce-Type": "dev.knative.sources.ping",
		"Content-Type": "application/json",
	} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}
