package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Steps are the calls of ports that are measured.
const (
	stepLoad       = "load"
	stepQueue      = "queue"
	stepJobStatus  = "job_status"
	stepPublish    = "publish"
	stepCommit     = "commit"
	stepBroadcast  = "broadcast"
	stepSchedule   = "schedule"
	stepUnschedule = "unschedule"
	stepScale      = "scale"
)

func stepNames() []string {
	return []string{
		stepLoad, stepQueue, stepJobStatus, stepPublish, stepCommit, stepBroadcast, stepSchedule, stepUnschedule, stepScale,
	}
}

// stepTimers records the durations of a step, with attributes that are made once.
type stepTimers struct {
	duration   metric.Float64Histogram
	ok, failed []metric.RecordOption
}

func newStepTimers(h metric.Float64Histogram, name string) stepTimers {
	with := func(result string) []metric.RecordOption {
		return []metric.RecordOption{labels(keyStep.With(name), keyResult.With(result))}
	}
	return stepTimers{duration: h, ok: with(resultOK), failed: with(resultError)}
}

// step measures the calls of one port's method.
type step struct {
	stepTimers
	name   string
	tracer trace.Tracer // nil: nothing is traced
}

func (t *Telemetry) step(name string) step { return step{t.steps[name], name, t.tracer} }

// measure calls a step and records its duration, its result and, below a
// recorded span, a span.
func measure[T any](ctx context.Context, s step, id job.ID, call func(context.Context) (T, error)) (T, error) {
	ctx, m := s.begin(ctx, id)
	result, err := call(ctx)
	s.end(ctx, m, err)
	return result, err
}

// measureError is measure for a step that returns only an error.
func measureError(ctx context.Context, s step, id job.ID, call func(context.Context) error) error {
	ctx, m := s.begin(ctx, id)
	err := call(ctx)
	s.end(ctx, m, err)
	return err
}

// measurement is a call that has begun.
type measurement struct {
	started time.Time
	span    trace.Span // nil: not recorded
}

// begin returns the context of a call and its measurement. The call gets its own
// span only below a recorded one: work that no request asked for is not traced.
func (s step) begin(ctx context.Context, id job.ID) (context.Context, measurement) {
	m := measurement{started: time.Now()}
	if s.tracer == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, m
	}
	var attributes []attribute.KeyValue
	if id != "" {
		attributes = []attribute.KeyValue{keyJob.With(string(id))}
	}
	ctx, m.span = s.tracer.Start(ctx, s.name, trace.WithAttributes(attributes...))
	return ctx, m
}

// end records a call. That something does not exist is an answer, not a failure.
func (s step) end(ctx context.Context, m measurement, err error) {
	options := s.ok
	if err != nil && failure.KindOf(err) != failure.KindNotFound {
		options = s.failed
	}
	s.duration.Record(ctx, time.Since(m.started).Seconds(), options...)
	if m.span == nil {
		return
	}
	if err != nil {
		m.span.SetStatus(codes.Error, string(failure.KindOf(err))) // the cause is in the log
	}
	m.span.End()
}
