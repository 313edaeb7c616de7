package telemetry

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Values of the attribute client.
const (
	RedisState = "state" // the client of the state Redis
	RedisJob   = "job"   // all clients of jobs' Redises
)

// RedisHook returns a hook that measures the round trips of a client; nil if all
// signals are off.
//
// redisotel does not fit: its metrics have a label for each address, its
// callbacks outlive the pool's clients, it starts a trace for each probe's ping,
// and it formats every command and copies Redis' error texts, which may quote
// arguments.
func (t *Telemetry) RedisHook(client string) redis.Hook {
	if t.off() {
		return nil
	}
	with := func(result string) metric.MeasurementOption {
		return labels(keyClient.With(client), keyResult.With(result))
	}
	return &redisHook{
		calls: t.redisCalls, duration: t.redisDuration, tracer: t.tracer,
		ok: []metric.AddOption{with(resultOK)}, failed: []metric.AddOption{with(resultError)},
		client: []metric.RecordOption{labels(keyClient.With(client))},
		span: []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(semconv.DBSystemNameRedis, keyClient.With(client)),
		},
	}
}

type redisHook struct {
	calls      metric.Int64Counter
	duration   metric.Float64Histogram
	tracer     trace.Tracer // nil: nothing is traced
	ok, failed []metric.AddOption
	client     []metric.RecordOption
	span       []trace.SpanStartOption
}

// DialHook implements redis.Hook. It measures nothing: a failed dial is a failed
// call.
func (h *redisHook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (h *redisHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		ctx, m := h.begin(ctx, command.FullName)
		err := next(ctx, command)
		h.end(ctx, m, err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook: a pipeline is one round trip.
func (h *redisHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		ctx, m := h.begin(ctx, pipeline)
		err := next(ctx, commands)
		h.end(ctx, m, err)
		return err
	}
}

func pipeline() string { return "pipeline" }

// begin starts a span that is named after the command, without its arguments.
func (h *redisHook) begin(ctx context.Context, name func() string) (context.Context, measurement) {
	m := measurement{started: time.Now()}
	if h.tracer != nil && trace.SpanFromContext(ctx).IsRecording() {
		ctx, m.span = h.tracer.Start(ctx, "redis "+name(), h.span...)
	}
	return ctx, m
}

// end records a call. redis.Nil is an answer, not a failure.
func (h *redisHook) end(ctx context.Context, m measurement, err error) {
	options := h.ok
	if err != nil && !errors.Is(err, redis.Nil) {
		options = h.failed
	}
	h.calls.Add(ctx, 1, options...)
	h.duration.Record(ctx, time.Since(m.started).Seconds(), h.client...)
	if m.span == nil {
		return
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		m.span.SetStatus(codes.Error, "")
	}
	m.span.End()
}
