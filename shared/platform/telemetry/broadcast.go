package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/metric"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

// Broadcaster measures broadcasts, and updates the gauges of jobs from their
// notices. nil stays nil.
func (t *Telemetry) Broadcaster(next monitor.Broadcaster) monitor.Broadcaster {
	if t.off() || next == nil {
		return next
	}
	return &broadcaster{next, t, t.step(stepBroadcast)}
}

type broadcaster struct {
	next      monitor.Broadcaster
	t         *Telemetry
	broadcast step
}

// Broadcast implements monitor.Broadcaster. A delivery that failed makes the
// broadcast a failed step.
func (b *broadcaster) Broadcast(ctx context.Context, n monitor.Notice) []monitor.Delivery {
	b.t.recordNotice(ctx, &n)
	deliveries, _ := measure(ctx, b.broadcast, n.Spec.ID, func(ctx context.Context) ([]monitor.Delivery, error) {
		deliveries := b.next.Broadcast(ctx, n)
		return deliveries, firstFailure(deliveries)
	})
	return deliveries
}

// firstFailure returns the error of the first delivery that failed.
func firstFailure(deliveries []monitor.Delivery) error {
	for _, d := range deliveries {
		if d.Outcome == monitor.DeliveryFailed {
			return failure.Unavailable("a publisher failed", d.Err)
		}
	}
	return nil
}

// Delivered counts a notice by its outcome at a publisher.
func (t *Telemetry) Delivered(ctx context.Context, publisher string, outcome monitor.DeliveryOutcome) {
	t.countDeliveries(ctx, publisher, outcome, 1)
}

func (t *Telemetry) countDeliveries(ctx context.Context, publisher string, outcome monitor.DeliveryOutcome, count int64) {
	if t.metering {
		t.deliveries.Add(ctx, count, labels(keyPublisher.With(publisher), keyOutcome.With(string(outcome))))
	}
}

// deliveryCounter returns what counts a publisher's deliveries.
func (t *Telemetry) deliveryCounter(publisher string) func(context.Context, monitor.DeliveryOutcome) {
	if !t.metering {
		return func(context.Context, monitor.DeliveryOutcome) {}
	}
	options := map[monitor.DeliveryOutcome]metric.MeasurementOption{}
	for _, outcome := range []monitor.DeliveryOutcome{monitor.DeliveryDone, monitor.DeliveryFailed} {
		options[outcome] = labels(keyPublisher.With(publisher), keyOutcome.With(string(outcome)))
	}
	return func(ctx context.Context, outcome monitor.DeliveryOutcome) { t.deliveries.Add(ctx, 1, options[outcome]) }
}

// ObserveCircuits reads the publishers' circuits each time metrics are read. It also
// creates the counter of each delivery's outcome, so that the first one shows as an
// increase.
func (t *Telemetry) ObserveCircuits(ctx context.Context, read func() []monitor.Circuit) error {
	if !t.metering {
		return nil
	}
	for _, outcome := range []monitor.DeliveryOutcome{monitor.DeliveryDone, monitor.DeliveryFailed} {
		t.countDeliveries(ctx, monitor.SampleListName, outcome, 0)
	}
	if read == nil {
		return nil
	}
	for _, c := range read() {
		for _, outcome := range []monitor.DeliveryOutcome{
			monitor.DeliveryDone, monitor.DeliveryFailed, monitor.DeliverySkipped, monitor.DeliveryDropped,
		} {
			t.countDeliveries(ctx, c.Publisher, outcome, 0)
		}
	}
	_, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		for _, c := range read() {
			publisher := labels(keyPublisher.With(c.Publisher))
			o.ObserveInt64(t.circuitOpen, int64(c.Open), publisher)
			o.ObserveInt64(t.circuitQueued, int64(c.Queued), publisher)
		}
		return nil
	}, t.circuitOpen, t.circuitQueued)
	return err
}
