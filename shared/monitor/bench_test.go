package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

var (
	errFault = failure.Unavailable("fault", nil)
	full     = job.QueueCount{Queued: 6}
	half     = job.QueueCount{Queued: 2, InFlight: 1, Results: 3}
	empty    = job.QueueCount{Results: 6}
)

// kinds returns the kinds of events, in order.
func kinds(events []job.Event) string {
	var names []string
	for _, e := range events {
		names = append(names, string(e.Kind))
	}
	return strings.Join(names, " ")
}

// run delivers the ticks number from to to, one every two seconds.
func (b *bench) run(from, to int) {
	b.t.Helper()
	for i := from; i <= to; i++ {
		b.at(time.Duration(2*i) * time.Second)
		b.tick(fmt.Sprint("t", i), monitor.OutcomeSampled)
	}
}

func (b *bench) expectKinds(want string) {
	b.t.Helper()
	if got := kinds(b.receiver.Events()); got != want {
		b.t.Errorf("got %q, want %q", got, want)
	}
}

// resends sweeps, and expects the sweep to send that many events and to end and
// fail nothing.
func (b *bench) resends(sent int) {
	b.t.Helper()
	swept, err := b.service.Sweep(b.t.Context())
	if err != nil || swept.Sent != sent || swept.Ended != 0 || swept.Failed != 0 {
		b.t.Errorf("swept %+v, %v, want %d sent", swept, err, sent)
	}
}

// sweep runs a sweep and compares what it did.
func (b *bench) sweep(want monitor.Swept) {
	b.t.Helper()
	got, err := b.service.Sweep(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("swept (-want +got):\n%s", diff)
	}
}

// restart stops job a and starts it again, a second later: another life.
func (b *bench) restart() int64 {
	b.t.Helper()
	if err := b.service.Stop(b.t.Context(), "a"); err != nil {
		b.t.Fatal(err)
	}
	b.pass(time.Second)
	b.start("a")
	return b.life()
}

// life returns the life of job a.
func (b *bench) life() int64 {
	b.t.Helper()
	record, err := b.store.Load(b.t.Context(), "a", "")
	if err != nil {
		b.t.Fatal(err)
	}
	return record.Spec.Life()
}

// pass advances the clock.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// deliver delivers a tick of a life and expects its outcome.
func (b *bench) deliver(id string, life int64, want monitor.Outcome) {
	b.t.Helper()
	got, err := b.service.Tick(b.t.Context(), monitor.Tick{ID: id, Job: "a", Life: life, Sent: b.clock()})
	if err != nil || got != want {
		b.t.Errorf("tick %s of life %d: %q, %v, want %q", id, life, got, err, want)
	}
}

// expectUntouched expects a new life of job a that no tick has changed.
func (b *bench) expectUntouched(life int64) {
	b.t.Helper()
	if got := b.status(); got.Phase != job.PhasePending || got.Samples != 0 || got.Failures != 0 || got.Ticks.Received != 0 ||
		got.Ticks.Duplicate != 0 || got.Ticks.Surplus != 0 || len(got.Publishers) != 0 {
		b.t.Errorf("the new life was changed: %+v", got)
	}
	if got := b.scheduler.Lives("a"); !slices.Equal(got, []int64{life}) {
		b.t.Errorf("schedules of lives %v, want only %d", got, life)
	}
}

// ends makes the next tick the last one of the job.
func (b *bench) ends() {
	b.queue.Set(empty, nil)
	b.run(2, 2)
}

func (b *bench) stops() {
	b.t.Helper()
	if err := b.service.Stop(b.t.Context(), "a"); err != nil {
		b.t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type jobsFunc func(context.Context, job.ID) (job.KubeStatus, error)

func (f jobsFunc) Status(ctx context.Context, id job.ID) (job.KubeStatus, error) {
	return f(ctx, id)
}

// pushFunc is a monitor.SampleList that calls itself.
type pushFunc func(tickID string, s sample.Sample) error

func (f pushFunc) Push(_ context.Context, _ job.Spec, key monitor.PushKey, s sample.Sample) error {
	return f(key.TickID, s)
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// logged makes the service log to a text, which it returns.
func (b *bench) logged() func() string {
	var mu sync.Mutex
	var text bytes.Buffer
	b.log = slog.New(slog.NewTextHandler(writer(func(line []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(line)
	}), nil))
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(line []byte) (int, error) { return w(line) }

var errReceiver = errors.New("the receiver is unreachable")

// setupEvents returns a bench with a receiver of events and a started job.
func setupEvents(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	b.receives()
	return b
}

// receives gives the bench a receiver of events, and starts job a.
func (b *bench) receives() {
	b.t.Helper()
	b.receiver = &monitortest.Receiver{}
	b.build(nil)
	b.queue.Set(full, nil)
	b.start("a")
}
