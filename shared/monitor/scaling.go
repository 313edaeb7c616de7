package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// ScalerName is the name of the actuators among the publishers.
const ScalerName = "scaler"

const (
	// scaleTimeout bounds one action.
	scaleTimeout = 2 * time.Second
	// scaleRest is how long nothing is tried for a job after a refusal.
	scaleRest = 30 * time.Second
	// maxScaling bounds the actions under way, and maxRests the jobs that rest.
	maxScaling, maxRests = 256, 4096
)

// scaling holds the actions that are under way, at most one of a job. They delay no
// tick, and one that does not end delays only its own job.
type scaling struct {
	mu       sync.Mutex
	underWay map[job.ID]bool
	rests    map[restKey]time.Time // until when nothing is tried
}

// restKey is a life of a job.
type restKey struct {
	id   job.ID
	life int64
}

func newScaling() *scaling {
	return &scaling{underWay: map[job.ID]bool{}, rests: map[restKey]time.Time{}}
}

// begin reports whether an action of a job may begin. It ends with end.
func (s *scaling) begin(spec job.Spec, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := restKey{spec.ID, spec.Life()}
	if until, resting := s.rests[key]; resting && now.Before(until) {
		return false
	}
	delete(s.rests, key)
	if s.underWay[spec.ID] || len(s.underWay) >= maxScaling {
		return false
	}
	s.underWay[spec.ID] = true
	return true
}

// end ends an action.
func (s *scaling) end(spec job.Spec, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underWay, spec.ID)
	if err == nil || failure.IsRetryable(err) || failure.KindOf(err) == failure.KindConflict {
		return
	}
	for key, until := range s.rests {
		if len(s.rests) >= maxRests || !now.Before(until) {
			delete(s.rests, key)
		}
	}
	s.rests[restKey{spec.ID, spec.Life()}] = now.Add(scaleRest)
}

// act begins what a committed tick has decided about the replicas, and does not wait for
// it. It returns what is known at once, as the delivery of a publisher. The result of an
// action is recorded once recorded is closed.
func (s *Service) act(ctx context.Context, record *Record, c committed, recorded <-chan struct{}) []Delivery {
	if !c.decided {
		return nil
	}
	state := c.notice.State
	switch {
	case state.Control.Error != "":
		return []Delivery{{Publisher: ScalerName, Outcome: DeliveryFailed, Err: errors.New(state.Control.Error)}}
	case c.order == nil:
		return []Delivery{{Publisher: ScalerName, Outcome: DeliveryDone}}
	}
	name := record.Spec.Control.Actuator
	actuator := s.actuators[name]
	if actuator == nil { // the program had it when the job was started
		return []Delivery{{Publisher: ScalerName, Outcome: DeliveryFailed, Err: fmt.Errorf("this program has no actuator %s", name)}}
	}
	if s.scaling.begin(record.Spec, s.now()) {
		s.startScaling(ctx, actuator, record, *c.order, recorded)
	}
	return nil
}

// startScaling begins to carry out an order, and records its result once recorded is closed.
func (s *Service) startScaling(ctx context.Context, actuator Actuator, record *Record, order job.Order, recorded <-chan struct{}) {
	failing := record.Publishers[ScalerName].Failing
	acting, cancel := context.WithTimeout(context.WithoutCancel(ctx), scaleTimeout)
	go func() {
		defer failure.Rescue(func(err error) { s.caught(acting, record.Spec.ID, err) })
		defer cancel()
		err := s.scale(acting, actuator, record, order)
		s.scaling.end(record.Spec, err, s.now())
		<-recorded
		s.recordScaled(acting, record.Spec, err, failing)
	}()
}

// scale carries out an order. A panic is an error.
func (s *Service) scale(ctx context.Context, actuator Actuator, record *Record, order job.Order) (err error) {
	defer failure.Rescue(func(caught error) {
		s.caught(ctx, record.Spec.ID, caught)
		err = caught
	})
	return actuator.Scale(ctx, record.Spec, order)
}

// recordScaled records the result of an action. An order that others have overtaken is no
// failure: the next tick decides again.
func (s *Service) recordScaled(ctx context.Context, spec job.Spec, err error, failing bool) {
	switch {
	case failure.KindOf(err) == failure.KindConflict && err != nil:
		s.log.DebugContext(ctx, "the job was changed before it was scaled", "job", spec.ID, "error", err)
	case err != nil:
		s.recordLate(ctx, spec, Delivery{Publisher: ScalerName, Outcome: DeliveryFailed, Err: err})
	case failing:
		s.recordLate(ctx, spec, Delivery{Publisher: ScalerName, Outcome: DeliveryDone})
	}
}
