package telemetry

import (
	"context"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Actuators measures actions, and counts them as the deliveries of a publisher.
func (t *Telemetry) Actuators(next map[string]monitor.Actuator) map[string]monitor.Actuator {
	if t.off() {
		return next
	}
	wrapped := make(map[string]monitor.Actuator, len(next))
	for name, actuator := range next {
		wrapped[name] = &scaler{actuator, t.step(stepScale), t.deliveryCounter(monitor.ScalerName)}
	}
	return wrapped
}

type scaler struct {
	next  monitor.Actuator
	scale step
	count func(ctx context.Context, outcome monitor.DeliveryOutcome)
}

// Scale implements monitor.Actuator. An order that others have overtaken is not counted:
// the next tick decides again.
func (s *scaler) Scale(ctx context.Context, spec job.Spec, order job.Order) error {
	err := measureError(ctx, s.scale, spec.ID, func(ctx context.Context) error { return s.next.Scale(ctx, spec, order) })
	switch {
	case err == nil:
		s.count(ctx, monitor.DeliveryDone)
	case failure.KindOf(err) != failure.KindConflict:
		s.count(ctx, monitor.DeliveryFailed)
	}
	return err
}
