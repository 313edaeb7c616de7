package telemetry_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/platform/telemetry"
	"kubejobs/shared/testkit/redistest"
)

func TestRedisCallsAreCounted(t *testing.T) {
	t.Parallel()
	made := open(t, telemetry.Options{Serve: true})
	server := redistest.Start(t)
	pool := redispool.New(redispool.Options{Hook: made.RedisHook(telemetry.RedisJob)})
	t.Cleanup(pool.Close)
	calls := func(client *redis.Client) error {
		client.Get(t.Context(), "none") // redis.Nil is an answer
		_, err := client.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Set(t.Context(), "a", 1, 0)
			p.Get(t.Context(), "a")
			return nil
		})
		client.HGet(t.Context(), "a", "b") // a is a string, not a hash
		return err
	}
	before := 0
	for range 2 { // a new connection makes calls of its own: only the second round counts
		before = okCalls(t, scrape(t, made))
		if err := pool.Do(t.Context(), redispool.Server{Address: server.Addr()}, calls); err != nil {
			t.Fatal(err)
		}
	}
	if got := okCalls(t, scrape(t, made)) - before; got != 2 {
		t.Errorf("%d calls are ok, want 2: a pipeline is one", got)
	}
	server.Stop()
	if err := pool.Do(t.Context(), redispool.Server{Address: server.Addr()}, func(c *redis.Client) error { return c.Ping(t.Context()).Err() }); err == nil {
		t.Error("ping of an unreachable server: no error")
	}
	text := scrape(t, made)
	expect(t, text, `kubejobs_redis_calls_total{client="job",result="error"} 3`,
		fmt.Sprintf(`kubejobs_redis_call_duration_seconds_count{client="job"} %d`, okCalls(t, text)+3))
	refuse(t, text, server.Addr())
}

// okCalls returns how many calls of the jobs' clients are counted as ok.
func okCalls(t *testing.T, text string) int {
	t.Helper()
	_, rest, found := strings.Cut(text, `kubejobs_redis_calls_total{client="job",result="ok"} `)
	if !found {
		return 0
	}
	number, _, _ := strings.Cut(rest, "\n")
	count, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// The span of a call has the command's name and none of its arguments, whatever
// Redis answers. Without a trace there is no span.
func TestRedisSpansHoldNoArgument(t *testing.T) {
	t.Parallel()
	made, recorder := openTraced(t)
	client := redistest.Start(t).Client()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	client.AddHook(made.RedisHook(telemetry.RedisState))
	calls := func(ctx context.Context) {
		client.Set(ctx, "hunter2", "hunter2", 0)
		client.Do(ctx, "hunter", "hunter2") // Redis' error quotes it
		_, _ = client.Pipelined(ctx, func(p redis.Pipeliner) error { return p.Get(ctx, "hunter2").Err() })
	}
	calls(t.Context())
	if spans := recorder.Started(); len(spans) != 0 {
		t.Errorf("%d spans without a trace, want none", len(spans))
	}
	ctx, root := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "root")
	calls(ctx)
	root.End()
	var got []string
	for _, span := range recorder.Ended() {
		got = append(got, span.Name())
		shown := fmt.Sprint(span.Name(), span.Attributes(), span.Events(), span.Status())
		if strings.Contains(shown, "hunter2") || span.Parent().SpanID() != root.SpanContext().SpanID() {
			t.Errorf("a span shows an argument, or is not below the root: %s", shown)
		}
	}
	if diff := cmp.Diff([]string{"redis set", "redis hunter", "redis pipeline"}, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
