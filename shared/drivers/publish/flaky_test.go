package publish_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

var (
	errUnreachable = failure.Unavailable("unreachable", nil)
	errRefused     = failure.Refused("refused", nil)
)

// fault decides what one call of Publish returns; a nil error means success.
type fault func(call int, n monitor.Notice) (acknowledged int, err error)

// flaky is a publisher whose faults the test sets: those of a real one cannot be
// timed.
type flaky struct {
	name string

	mu    sync.Mutex
	calls int
	taken []int64 // times of the samples
	fault fault
	hang  bool // until the context ends
}

func (p *flaky) Name() string { return p.name }

func (p *flaky) Destination(n monitor.Notice) string { return n.Spec.Queue.Host }

func (p *flaky) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	p.mu.Lock()
	p.calls++
	call, fault, hang := p.calls, p.fault, p.hang
	p.mu.Unlock()
	if hang {
		<-ctx.Done()
		return 0, failure.Unavailable("no answer", ctx.Err())
	}
	if fault != nil {
		if acknowledged, err := fault(call, n); err != nil {
			return acknowledged, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n.Sample != nil {
		p.taken = append(p.taken, n.Sample.At)
	}
	return len(n.Events), nil
}

// set replaces the faults.
func (p *flaky) set(fault fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// got returns the number of calls, and how often each sample was taken.
func (p *flaky) got() (calls int, taken map[int64]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken = map[int64]int{}
	for _, at := range p.taken {
		taken[at]++
	}
	return p.calls, taken
}

// always returns a fault that is err for each call.
func always(err error) fault {
	return func(int, monitor.Notice) (int, error) { return 0, err }
}

// firstCalls returns a fault that is err for the first n calls.
func firstCalls(n int, err error) fault {
	return func(call int, _ monitor.Notice) (int, error) {
		if call <= n {
			return 0, err
		}
		return 0, nil
	}
}

// notice returns a notice with a sample for a destination.
func notice(destination string, at int64, events ...job.Event) monitor.Notice {
	n := monitor.Notice{Events: events, Sample: &sample.Sample{At: at}}
	n.Spec.ID, n.Spec.Queue.Host = "a", destination
	return n
}

// newFan returns a Fan that drops what waits at the end of the test. Its circuits
// stay open for an hour unless o says otherwise.
func newFan(t *testing.T, o publish.Options, entries ...publish.Entry) *publish.Fan {
	t.Helper()
	if o.Rest == 0 {
		o.Rest = time.Hour
	}
	f := publish.NewFan(o, slog.New(slog.DiscardHandler), entries...)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f.Close(ctx)
	})
	return f
}

// outcomes returns the outcome at each publisher.
func outcomes(deliveries []monitor.Delivery) map[string]monitor.DeliveryOutcome {
	got := map[string]monitor.DeliveryOutcome{}
	for _, d := range deliveries {
		got[d.Publisher] = d.Outcome
	}
	return got
}
