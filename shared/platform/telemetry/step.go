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

// Steps: the calls of ports that are measured.
const (
	stepLoad       = "load"
	stepQueue      = "queue"
	stepJobStatus  = "job_status"
	stepPublish    = "publish"
	stepCommit     = "commit"
	stepBroadcast  = "broadcast"
	stepSchedule   = "schedule"
	stepUnschedule = "unschedule"
)

func stepNames() []string {
	return []string{
		stepLoad, stepQueue, stepJobStatus, stepPublish, stepCommit, stepBroadcast, stepSchedule, stepUnschedule,
	}
}

// stepTimers is the durations of a step, with its attributes made once.
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
	tracer trace.Tracer
}

func (t *Telemetry) step(name string) step { return step{t.steps[name], name, t.tracer} }

// call is one call under way.
type call struct {
	started time.Time
	span    trace.Span // nil: not recorded
}

// begin gives the context of the call. It has a span of its own only below one
// that is recorded: what nobody asked for by a request is no trace.
func (s *step) begin(ctx context.Context, id job.ID) (context.Context, call) {
	c := call{started: time.Now()}
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, c
	}
	var attributes []attribute.KeyValue
	if id != "" {
		attributes = []attribute.KeyValue{keyJob.With(string(id))}
	}
	ctx, c.span = s.tracer.Start(ctx, s.name, trace.WithAttributes(attributes...))
	return ctx, c
}

// end records a call. What does not exist is an answer, not a failure.
func (s *step) end(ctx context.Context, c call, err error) {
	options := s.ok
	if err != nil && failure.KindOf(err) != failure.KindNotFound {
		options = s.failed
	}
	s.duration.Record(ctx, time.Since(c.started).Seconds(), options...)
	if c.span == nil {
		return
	}
	if err != nil {
		c.span.SetStatus(codes.Error, string(failure.KindOf(err))) // the cause is in the log
	}
	c.span.End()
}
