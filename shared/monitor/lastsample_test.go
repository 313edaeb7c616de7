package monitor_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// almostOver runs job a for one tick, after which its workers do everything.
func (b *bench) almostOver() {
	b.t.Helper()
	b.queue.Set(full, nil)
	b.start("a")
	b.queue.Set(half, nil)
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	b.queue.Set(empty, nil)
}

// quiet runs job a until its ticks stop: the next sweep ends it, and takes the last sample.
func (b *bench) quiet() {
	b.t.Helper()
	b.almostOver()
	b.at(3 * time.Minute)
}

// abandoned runs job a until a tick ends it whose push fails.
func (b *bench) abandoned() {
	b.t.Helper()
	b.almostOver()
	b.at(4 * time.Second)
	b.list.Before = func() error { return errFault }
	b.tickFails("t2")
	b.list.Before = nil
}

// The tick that ends a job is repeated by nobody, since a sweep made it, or since its
// sender gave up. Its sample is pushed by the next sweep, once.
func TestLastSampleIsPushedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end  func(*bench)
		want monitor.Swept // by the sweep after the end
	}{
		"a sweep could not push": {func(b *bench) {
			b.quiet()
			b.list.Before = func() error { return errFault }
			b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1, Failed: 1})
		}, monitor.Swept{Pushed: 1}},
		"the reply to the push of a sweep was lost": {func(b *bench) {
			b.quiet()
			b.list.After = func() error { return errFault }
			b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1, Failed: 1})
		}, monitor.Swept{Pushed: 1}},
		"the reply to the commit of a sweep was lost": {func(b *bench) {
			b.quiet()
			b.store.After = func() error { return errFault }
			b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1, Failed: 1})
		}, monitor.Swept{Schedules: 1, Deleted: 1, Pushed: 1}},
		"the sender gave up":         {(*bench).abandoned, monitor.Swept{Pushed: 1}},
		"the sender repeats in time": {func(b *bench) { b.abandoned(); b.tick("t2", monitor.OutcomeDuplicate) }, monitor.Swept{}},
		"nothing failed":             {func(b *bench) { b.quiet(); b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1}) }, monitor.Swept{}},
		"the list refused": {func(b *bench) {
			b.quiet()
			b.list.After = func() error { return failure.Refused("no", nil) }
			b.sweep(monitor.Swept{Jobs: 1, Schedules: 1, Ended: 1})
		}, monitor.Swept{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tt.end(b)
			b.list.Before, b.list.After, b.store.After = nil, nil, nil
			b.sweep(tt.want)
			b.sweep(monitor.Swept{})
			elements := b.published()
			if got := b.status(); len(elements) != 2 || elements[1].Value != got.Progress.Error || got.Samples != 2 {
				t.Errorf("%d elements %v, %d samples, want two, the last of an error of %v", len(elements), elements, got.Samples, got.Progress.Error)
			}
			if page, err := b.store.List(t.Context(), "", 10); err != nil || len(page.Records) != 0 {
				t.Errorf("listed: %v, %v, want no job: it ended and owes nothing", page, err)
			}
		})
	}
}

// The list of an ended job does not answer: each sweep tries again, for an hour. The
// status names the list.
func TestLastSampleIsGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.abandoned()
	b.list.Before = func() error { return errFault }
	for range 2 {
		b.sweep(monitor.Swept{Failed: 1})
	}
	b.at(2 * time.Hour)
	b.sweep(monitor.Swept{})
	b.list.Before = nil
	b.sweep(monitor.Swept{})
	if state := b.status().Publishers[monitor.SampleListName]; len(b.published()) != 1 || !state.Failing {
		t.Errorf("%d elements, the list %+v, want the first sample and a list that fails", len(b.published()), state)
	}
}

// listedBefore is a store that is changed between reading a page and the use of it.
type listedBefore struct {
	monitor.Store
	after func()
}

func (s *listedBefore) List(ctx context.Context, after job.ID, limit int) (monitor.Page, error) {
	page, err := s.Store.List(ctx, after, limit)
	s.after()
	return page, err
}

// A last sample of an earlier life is not pushed into the list of the next one.
func TestLastSampleOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	restart := func(b *bench) {
		b.queue.Set(full, nil)
		b.restart()
		b.pass(2 * time.Second)
		b.tick("t3", monitor.OutcomeSampled)
	}
	tests := map[string]func(*bench){
		"started before the sweep": restart,
		"started during the sweep": func(b *bench) {
			b.store.Store = &listedBefore{b.store.Store, sync.OnceFunc(func() { restart(b) })}
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.abandoned()
			begin(b)
			if swept, err := b.service.Sweep(t.Context()); err != nil || swept.Pushed != 0 {
				t.Errorf("swept %+v, %v, want no sample pushed", swept, err)
			}
			if n := len(b.published()); n != 2 || !b.status().Phase.Living() {
				t.Errorf("%d elements in the list, want the first sample of each life", n)
			}
		})
	}
}

// pushes is a list that counts the pushes that are under way. It ends each a moment after
// as many as are expected have begun, or with its context.
type pushes struct {
	mu               sync.Mutex
	under, most, all int
	expected         int
	met              chan struct{}
}

func (p *pushes) Push(ctx context.Context, _ job.Spec, _ monitor.PushKey, _ sample.Sample) error {
	p.mu.Lock()
	p.under++
	p.all++
	p.most = max(p.most, p.under)
	if p.all == p.expected {
		time.AfterFunc(100*time.Millisecond, func() { close(p.met) })
	}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.under--
	}()
	select {
	case <-p.met:
		return nil
	case <-ctx.Done():
		return failure.Unavailable("no reply", ctx.Err())
	}
}

// owed returns a bench with so many ended jobs whose last samples were not pushed.
func owed(t *testing.T, jobs int) *bench {
	t.Helper()
	b := setup(t)
	b.queue.Set(empty, nil)
	b.list.Before = func() error { return errFault }
	for i := range jobs {
		id := job.ID("job-" + strconv.Itoa(i))
		b.start(id)
		b.at(2 * time.Second)
		if _, err := b.service.Tick(t.Context(), monitor.Tick{ID: "t1", Job: id, Sent: b.clock()}); !failure.IsRetryable(err) {
			t.Fatalf("tick of %s: %v, want a retryable error", id, err)
		}
		b.at(0)
	}
	b.list.Before = nil
	return b
}

// A sweep pushes some last samples at once, and no more.
func TestLastSamplesArePushedSomeAtOnce(t *testing.T) {
	t.Parallel()
	b := owed(t, 40)
	list := &pushes{expected: 16, met: make(chan struct{})}
	b.list.Next = list
	b.sweep(monitor.Swept{Pushed: 40})
	if list.most != 16 {
		t.Errorf("%d pushes at once, want 16", list.most)
	}
}

// A list that never answers does not hold a sweep up for ever.
func TestLastSampleIntoAListThatHangs(t *testing.T) {
	t.Parallel()
	b := owed(t, 1)
	b.list.Next = &pushes{expected: 2, met: make(chan struct{})}
	b.sweep(monitor.Swept{Failed: 1})
}

// A damaged state owes a sample that it does not have: the sweep goes on, and the job is
// listed no longer.
func TestLastSampleThatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start("a")
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	b.redis.HSet("monitor:{a}:state", "state", `{"phase":"finished","ended_at":1795499061000,"unpushed":"t1"}`)
	must(t, b.store.Index(t.Context(), "a"))
	b.sweep(monitor.Swept{})
	if page, err := b.store.List(t.Context(), "", 10); err != nil || len(page.Records) != 0 {
		t.Errorf("listed: %v, %v, want no job", page, err)
	}
	if states := b.status().Publishers; len(states) != 0 {
		t.Errorf("publishers %v, want none that failed: nothing was pushed", states)
	}
}
