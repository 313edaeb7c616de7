package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/metric"

	"kubejobs/shared/monitor"
)

// Broadcaster measures broadcasts, and counts deliveries by publisher and
// outcome. nil stays nil.
func (t *Telemetry) Broadcaster(next monitor.Broadcaster) monitor.Broadcaster {
	if t.off() || next == nil {
		return next
	}
	return &broadcaster{next, t.step(stepBroadcast), t.deliveries}
}

type broadcaster struct {
	next       monitor.Broadcaster
	broadcast  step
	deliveries metric.Int64Counter
}

// Broadcast implements monitor.Broadcaster. A delivery that failed makes it a
// failed step.
func (b *broadcaster) Broadcast(ctx context.Context, n monitor.Notice) []monitor.Delivery {
	ctx, call := b.broadcast.begin(ctx, n.Spec.ID)
	deliveries := b.next.Broadcast(ctx, n)
	var failure error
	for _, d := range deliveries {
		b.deliveries.Add(ctx, 1, labels(keyPublisher.With(d.Publisher), keyOutcome.With(string(d.Outcome))))
		if d.Outcome == monitor.DeliveryFailed && failure == nil {
			failure = monitor.Unavailable("a publisher failed", d.Err)
		}
	}
	b.broadcast.end(ctx, call, failure)
	return deliveries
}

// Circuit is how it stands with one publisher.
type Circuit struct {
	Publisher string
	Open      int // places that get nothing for a while, since they failed
	Queued    int // notices that wait in memory
}

// ObserveCircuits reads the publishers' circuits whenever metrics are read.
func (t *Telemetry) ObserveCircuits(read func() []Circuit) error {
	if !t.metering || read == nil {
		return nil
	}
	_, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, c := range read() {
			publisher := labels(keyPublisher.With(c.Publisher))
			o.ObserveInt64(t.circuitOpen, int64(c.Open), publisher)
			o.ObserveInt64(t.circuitQueued, int64(c.Queued), publisher)
		}
		return nil
	}, t.circuitOpen, t.circuitQueued)
	return err
}
