package monitortest

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// Network makes calls fail as an unreliable network does. A share of them gets no
// reply: of these the request is lost, or the reply, or the request takes effect
// only after its sender gave up. Another share is made twice, as by a client that
// repeats by itself.
type Network struct {
	// Late is how long after its sender gave up a late request takes effect.
	Late time.Duration

	mu      sync.Mutex
	rand    *rand.Rand
	share   float64
	cut     bool
	pending sync.WaitGroup
}

// NewNetwork returns a network in which that share of the calls fails, 0 to 1, and
// half as many are made twice.
func NewNetwork(seed uint64, share float64, late time.Duration) *Network {
	return &Network{Late: late, rand: rand.New(rand.NewPCG(seed, seed)), share: share}
}

// Heal ends the failures, and waits until late requests have taken effect.
func (n *Network) Heal() {
	n.mu.Lock()
	n.share, n.cut = 0, false
	n.mu.Unlock()
	n.Settle()
}

// Settle waits until late requests have taken effect. No call may be under way.
func (n *Network) Settle() { n.pending.Wait() }

// Cut makes every call fail without an effect, or ends that.
func (n *Network) Cut(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
}

// errNoReply is what a caller gets that gave up.
var errNoReply = failure.Unavailable("no reply in time", nil)

// fault is what happens to a call.
type fault int

const (
	faultNone fault = iota
	faultLostRequest
	faultLostReply
	faultLateRequest
	faultRepeated
)

func (n *Network) fault() fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch x := n.rand.Float64(); {
	case n.cut:
		return faultLostRequest
	case x < n.share:
		f := faultLostRequest + fault(n.rand.IntN(3))
		if f == faultLateRequest {
			n.pending.Add(1) // under mu, so that Heal waits for it
		}
		return f
	case x < n.share*1.5:
		return faultRepeated
	default:
		return faultNone
	}
}

// carry makes a call over the network.
func carry[T any](ctx context.Context, n *Network, call func(context.Context) (T, error)) (T, error) {
	var none T
	switch n.fault() {
	case faultLostRequest:
		return none, errNoReply
	case faultLostReply:
		_, _ = call(ctx)
		return none, errNoReply
	case faultLateRequest:
		go func() {
			defer n.pending.Done()
			time.Sleep(n.Late)
			_, _ = call(context.WithoutCancel(ctx))
		}()
		return none, errNoReply
	case faultRepeated:
		_, _ = call(ctx)
		return call(ctx)
	case faultNone:
	}
	return call(ctx)
}

func carryError(ctx context.Context, n *Network, call func(context.Context) error) error {
	_, err := carry(ctx, n, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

// Store returns a store that is reached over the network.
func (n *Network) Store(next monitor.Store) monitor.Store { return &networkStore{next, n} }

type networkStore struct {
	monitor.Store
	network *Network
}

// Create implements monitor.JobStore.
func (s *networkStore) Create(ctx context.Context, spec job.Spec, state job.State) (monitor.CreateResult, error) {
	return carry(ctx, s.network, func(ctx context.Context) (monitor.CreateResult, error) { return s.Store.Create(ctx, spec, state) })
}

// List implements monitor.JobStore.
func (s *networkStore) List(ctx context.Context, after job.ID, limit int) (monitor.Page, error) {
	return carry(ctx, s.network, func(ctx context.Context) (monitor.Page, error) { return s.Store.List(ctx, after, limit) })
}

// Index implements monitor.JobStore.
func (s *networkStore) Index(ctx context.Context, id job.ID) error {
	return carryError(ctx, s.network, func(ctx context.Context) error { return s.Store.Index(ctx, id) })
}

// Recover implements monitor.JobStore.
func (s *networkStore) Recover(ctx context.Context) (int, error) {
	return carry(ctx, s.network, s.Store.Recover)
}

// Load implements monitor.TickStore.
func (s *networkStore) Load(ctx context.Context, id job.ID, tickID string) (*monitor.Record, error) {
	return carry(ctx, s.network, func(ctx context.Context) (*monitor.Record, error) { return s.Store.Load(ctx, id, tickID) })
}

// Commit implements monitor.TickStore.
func (s *networkStore) Commit(ctx context.Context, c *monitor.Change) (monitor.CommitResult, error) {
	return carry(ctx, s.network, func(ctx context.Context) (monitor.CommitResult, error) { return s.Store.Commit(ctx, c) })
}

// MarkScheduled implements monitor.MarkStore.
func (s *networkStore) MarkScheduled(ctx context.Context, id job.ID, life int64, scheduled bool) error {
	return carryError(ctx, s.network, func(ctx context.Context) error { return s.Store.MarkScheduled(ctx, id, life, scheduled) })
}

// Suspect implements monitor.MarkStore.
func (s *networkStore) Suspect(ctx context.Context, id job.ID, life int64, now, since time.Time) (time.Time, error) {
	return carry(ctx, s.network, func(ctx context.Context) (time.Time, error) { return s.Store.Suspect(ctx, id, life, now, since) })
}

// Scheduler returns a scheduler that is reached over the network.
func (n *Network) Scheduler(next monitor.Scheduler) monitor.Scheduler {
	return &networkScheduler{next, n}
}

type networkScheduler struct {
	monitor.Scheduler
	network *Network
}

// Schedule implements monitor.Scheduler.
func (s *networkScheduler) Schedule(ctx context.Context, spec job.Spec) error {
	return carryError(ctx, s.network, func(ctx context.Context) error { return s.Scheduler.Schedule(ctx, spec) })
}

// Unschedule implements monitor.Scheduler.
func (s *networkScheduler) Unschedule(ctx context.Context, id job.ID, life int64) error {
	return carryError(ctx, s.network, func(ctx context.Context) error { return s.Scheduler.Unschedule(ctx, id, life) })
}

// SampleList returns a list that is reached over the network.
func (n *Network) SampleList(next monitor.SampleList) monitor.SampleList {
	return &networkList{next, n}
}

type networkList struct {
	next    monitor.SampleList
	network *Network
}

// Push implements monitor.SampleList.
func (l *networkList) Push(ctx context.Context, spec job.Spec, key monitor.PushKey, s sample.Sample) error {
	return carryError(ctx, l.network, func(ctx context.Context) error { return l.next.Push(ctx, spec, key, s) })
}
