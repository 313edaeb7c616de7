package monitortest

import (
	"context"
	"sync"

	"kubejobs/shared/core/job"
)

// Actuator is a monitor.Actuator that records the orders that it gets.
type Actuator struct {
	// Do, unless it is nil, carries out an order.
	Do func(ctx context.Context, spec job.Spec, order job.Order) error

	mu     sync.Mutex
	orders []job.Order
}

// Scale implements monitor.Actuator.
func (a *Actuator) Scale(ctx context.Context, spec job.Spec, order job.Order) error {
	a.mu.Lock()
	a.orders = append(a.orders, order)
	a.mu.Unlock()
	if a.Do == nil {
		return nil
	}
	return a.Do(ctx, spec, order)
}

// Orders returns the orders so far.
func (a *Actuator) Orders() []job.Order {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]job.Order(nil), a.orders...)
}
