package telemetry_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/telemetry"
)

// store implements every port, and fails with err.
type store struct {
	monitor.Store
	record    monitor.Record
	committed monitor.CommitResult
	err       error
	spans     []trace.SpanContext // of the calls' contexts
}

func (s *store) call(ctx context.Context) error {
	s.spans = append(s.spans, trace.SpanContextFromContext(ctx))
	return s.err
}

func (s *store) Load(ctx context.Context, _ job.ID, _ string) (*monitor.Record, error) {
	return &s.record, s.call(ctx)
}

func (s *store) Commit(ctx context.Context, _ *monitor.Change) (monitor.CommitResult, error) {
	return s.committed, s.call(ctx)
}

func (s *store) Count(ctx context.Context, _ job.Queue) (job.QueueCount, error) {
	return job.QueueCount{Queued: 3}, s.call(ctx)
}

func (s *store) Status(ctx context.Context, _ job.ID) (job.KubeStatus, error) {
	return job.KubeStatus{Active: 4}, s.call(ctx)
}

func (s *store) Push(ctx context.Context, _ job.Spec, _ monitor.PushKey, _ sample.Sample) error {
	return s.call(ctx)
}

// scheduler implements the Scheduler with store, except for List.
type scheduler struct {
	monitor.Scheduler
	*store
}

func (s scheduler) Schedule(ctx context.Context, _ job.Spec) error          { return s.call(ctx) }
func (s scheduler) Unschedule(ctx context.Context, _ job.ID, _ int64) error { return s.call(ctx) }

func (s scheduler) List(context.Context, string, int) ([]monitor.Scheduled, string, error) {
	return []monitor.Scheduled{{ID: "a"}}, "", nil
}

// Broadcast implements monitor.Broadcaster.
func (s *store) Broadcast(ctx context.Context, _ monitor.Notice) []monitor.Delivery {
	deliveries := []monitor.Delivery{
		{Publisher: "influx", Outcome: monitor.DeliveryDone}, {Publisher: "kafka", Outcome: monitor.DeliveryDone},
	}
	if err := s.call(ctx); err != nil {
		deliveries[1] = monitor.Delivery{Publisher: "kafka", Outcome: monitor.DeliveryFailed, Err: err}
	}
	return deliveries
}

// steps calls every step once.
func steps(ctx context.Context, made *telemetry.Telemetry, next *store) []error {
	spec := job.Spec{ID: "a"}
	_, load := made.Store(next).Load(ctx, "a", "")
	_, commit := made.Store(next).Commit(ctx, &monitor.Change{ID: "a"})
	_, queue := made.Queue(next).Count(ctx, job.Queue{})
	_, status := made.KubeJobs(next).Status(ctx, "a")
	publish := made.SampleList(next).Push(ctx, spec, monitor.PushKey{TickID: "t"}, sample.Sample{})
	schedule := made.Scheduler(scheduler{store: next}).Schedule(ctx, spec)
	unschedule := made.Scheduler(scheduler{store: next}).Unschedule(ctx, "a", 1)
	broadcast := made.Broadcaster(next).Broadcast(ctx, monitor.Notice{Spec: spec})
	return []error{load, commit, queue, status, publish, schedule, unschedule, broadcast[1].Err}
}

func TestStepsAreTimed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want string
	}{
		"done":             {nil, "ok"},
		"not found":        {monitor.ErrUnknownJob, "ok"},
		"unavailable":      {failure.Unavailable("unavailable", nil), "error"},
		"an unknown error": {errors.New("unknown"), "error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := open(t, telemetry.Options{Serve: true})
			for i, err := range steps(t.Context(), made, &store{err: tt.err}) {
				if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
					t.Errorf("step %d: %v, want %v", i, err, tt.err)
				}
			}
			text := scrape(t, made)
			for _, step := range []string{"load", "commit", "queue", "job_status", "publish", "schedule", "unschedule"} {
				expect(t, text, `kubejobs_step_duration_seconds_count{result="`+tt.want+`",step="`+step+`"} 1`)
			}
			delivery := "delivered"
			if tt.err != nil {
				delivery = "failed"
			}
			expect(t, text, `kubejobs_publisher_deliveries_total{outcome="`+delivery+`",publisher="controller-list"} 1`)
			broadcast := "ok"
			if tt.err != nil {
				broadcast = "error"
			}
			expect(t, text, `kubejobs_step_duration_seconds_count{result="`+broadcast+`",step="broadcast"} 1`)
		})
	}
}

// The results of the ports are returned unchanged.
func TestStepsReturnThePortsResults(t *testing.T) {
	t.Parallel()
	made := open(t, telemetry.Options{Serve: true})
	next := &store{record: monitor.Record{Revision: 7}, committed: monitor.CommitConflict}
	record, _ := made.Store(next).Load(t.Context(), "a", "")
	committed, _ := made.Store(next).Commit(t.Context(), &monitor.Change{})
	count, _ := made.Queue(next).Count(t.Context(), job.Queue{})
	status, _ := made.KubeJobs(next).Status(t.Context(), "a")
	listed, _, _ := made.Scheduler(scheduler{store: next}).List(t.Context(), "", 1)
	if record.Revision != 7 || committed != monitor.CommitConflict || count.Queued != 3 || status.Active != 4 || len(listed) != 1 {
		t.Errorf("got %+v, %v, %+v, %+v, %v", record, committed, count, status, listed)
	}
	if got := made.KubeJobs(nil); got != nil {
		t.Errorf("KubeJobs(nil) = %T, want nil: there is no Kubernetes", got)
	}
	if got := made.Broadcaster(nil); got != nil {
		t.Errorf("Broadcaster(nil) = %T, want nil", got)
	}
}

// Each step has a span below the context's, and the call is made within it.
func TestStepsAreSpans(t *testing.T) {
	t.Parallel()
	made, recorder := openTraced(t)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tracetest.NewSpanRecorder()))
	ctx, root := provider.Tracer("test").Start(t.Context(), "root")
	next := &store{err: failure.Unavailable("hunter2", errors.New("hunter2"))}
	steps(ctx, made, next)
	root.End()
	var got []string
	for i, span := range recorder.Ended() {
		got = append(got, span.Name())
		if span.Parent().SpanID() != root.SpanContext().SpanID() || !span.SpanContext().Equal(next.spans[i]) {
			t.Errorf("%s: span %v, want the call's, below the root", span.Name(), span)
		}
		if status := span.Status(); status.Description != "unavailable" {
			t.Errorf("%s: status %+v, want only the kind of the error", span.Name(), status)
		}
	}
	want := []string{"load", "commit", "queue", "job_status", "publish", "schedule", "unschedule", "broadcast"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

// A step starts no trace.
func TestStepsStartNoTrace(t *testing.T) {
	t.Parallel()
	made, recorder := openTraced(t)
	steps(t.Context(), made, &store{})
	if spans := recorder.Started(); len(spans) != 0 {
		t.Errorf("%d spans, want none", len(spans))
	}
}

func TestDeliveriesAreCounted(t *testing.T) {
	t.Parallel()
	made := open(t, telemetry.Options{Serve: true})
	circuits := func() []monitor.Circuit { return []monitor.Circuit{{Publisher: "kafka", Open: 2, Queued: 5}} }
	if err := made.ObserveCircuits(t.Context(), circuits); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		made.Delivered(t.Context(), "influx", monitor.DeliveryDone)
	}
	made.Delivered(t.Context(), "kafka", monitor.DeliveryFailed)
	expect(t, scrape(t, made),
		`kubejobs_publisher_deliveries_total{outcome="delivered",publisher="influx"} 2`,
		`kubejobs_publisher_deliveries_total{outcome="delivered",publisher="kafka"} 0`,
		`kubejobs_publisher_deliveries_total{outcome="failed",publisher="kafka"} 1`,
		`kubejobs_publisher_circuit_open{publisher="kafka"} 2`,
		`kubejobs_publisher_queued{publisher="kafka"} 5`,
	)
}
