package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// shared is the sharing with these jobs.
func shared(ids ...job.ID) monitor.Sharing {
	return monitor.Sharing{SharedWith: ids, SharedCount: len(ids)}
}

// startShared starts a job and expects a sharing in the answer.
func (b *bench) startShared(r monitor.Request, want monitor.Sharing) {
	b.t.Helper()
	got, err := b.service.Start(b.t.Context(), r)
	if diff := cmp.Diff(want, got.Sharing); err != nil || diff != "" {
		b.t.Errorf("start of %s: %v; sharing (-want +got):\n%s", r.ID, err, diff)
	}
}

// expectShared expects a sharing in the status of a job.
func (b *bench) expectShared(id job.ID, want monitor.Sharing) {
	b.t.Helper()
	got, err := b.service.Status(b.t.Context(), id)
	if diff := cmp.Diff(want, got.Sharing); err != nil || diff != "" {
		b.t.Errorf("status of %s: %v; sharing (-want +got):\n%s", id, err, diff)
	}
}

// queueKeys returns the keys of what is stored of queues.
func (b *bench) queueKeys() []string {
	return slices.DeleteFunc(b.redis.Keys(), func(key string) bool { return !strings.HasPrefix(key, "monitor:queue:") })
}

// expectUsers expects the store to know these users of the usual lists.
func (b *bench) expectUsers(want ...string) {
	b.t.Helper()
	keys := b.queueKeys()
	if len(keys) != 3 {
		b.t.Errorf("keys %v, want one for each list", keys)
	}
	for _, key := range keys {
		if got, err := b.redis.ZMembers(key); err != nil || cmp.Diff(want, got) != "" {
			b.t.Errorf("%s holds %v, %v, want %v", key, got, err, want)
		}
	}
}

// Two living jobs on the same list are told of each other until one of them ends.
func TestSharedQueue(t *testing.T) {
	t.Parallel()
	tests := map[string]func(b *bench){ // ends job a
		"stopped": func(b *bench) {
			if err := b.service.Stop(b.t.Context(), "a"); err != nil {
				b.t.Fatal(err)
			}
		},
		"finished": func(b *bench) {
			b.queue.Set(half, nil)
			b.tick("t1", monitor.OutcomeSampled)
			b.pass(2 * time.Second)
			b.queue.Set(job.QueueCount{Results: 6}, nil)
			b.tick("t2", monitor.OutcomeSampled)
		},
		"failed": func(b *bench) {
			b.queue.Set(job.QueueCount{}, errors.New("unreachable"))
			for i := range retries {
				b.pass(2 * time.Second)
				b.tick(fmt.Sprintf("t%d", i), monitor.OutcomeFailed)
			}
		},
		"discarded": func(b *bench) {
			b.redis.HSet("monitor:{a}:state", "state", "damaged")
			if err := b.service.Stop(b.t.Context(), "a"); err != nil {
				b.t.Fatal(err)
			}
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.startShared(request("a"), shared())
			b.startShared(request("a"), shared()) // the same start again
			b.pass(time.Second)
			b.startShared(request("b"), shared("a"))
			b.startShared(request("b"), shared("a"))
			b.startShared(request("a"), shared("b"))
			b.expectShared("a", shared("b"))
			b.expectShared("b", shared("a"))

			end(b)
			if name != "discarded" { // its queue cannot be read
				b.expectUsers("b")
			}
			b.expectShared("b", shared())
			b.startShared(request("b"), shared())
			if got, err := b.service.Status(t.Context(), "a"); err == nil && (got.Phase.Living() || got.SharedCount != 0) {
				t.Errorf("the ended job is %s and shares its queue with %v", got.Phase, got.SharedWith)
			}
			b.pass(time.Second)
			b.startShared(request("a"), shared("b")) // another life
			b.expectShared("b", shared("a"))
		})
	}
}

// The sweep ends jobs too.
func TestSharedQueueAfterASweep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start("a")
	b.pass(23 * time.Hour)
	b.startShared(request("b"), shared("a"))
	b.pass(2 * time.Hour) // a is older than MaxAge
	if swept, err := b.service.Sweep(t.Context()); err != nil || swept.Ended != 1 {
		t.Fatalf("swept %+v, %v, want one job ended", swept, err)
	}
	b.expectUsers("b")
	b.expectShared("b", shared())
}

// Jobs with a queue of their own on the same Redis share nothing.
func TestQueuesOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, change := range []func(*monitor.Request){
		func(*monitor.Request) {},
		func(r *monitor.Request) { r.QueueDatabase = 1 },
		func(r *monitor.Request) { r.QueueLists = job.Lists{Pending: "a", Processing: "b", Results: "c"} },
		func(r *monitor.Request) { r.QueuePort = 1 },
		func(r *monitor.Request) { r.QueueHost = "redis-x" },
	} {
		r := request(job.ID(fmt.Sprintf("j%d", i)))
		change(&r)
		b.startShared(r, shared())
	}
	r := request("other")
	r.QueueLists = job.Lists{Pending: "c", Processing: "job:processing", Results: "d"}
	b.startShared(r, shared("j0", "j2"))
	b.expectShared("j2", shared("other"))
	b.expectShared("j1", shared())
}

func TestManyShareAQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 6 {
		b.start(job.ID(fmt.Sprintf("j%d", i)))
		b.pass(time.Second)
	}
	b.expectShared("j0", monitor.Sharing{SharedWith: []job.ID{"j1", "j2", "j3"}, SharedCount: 5})
	b.expectShared("j5", monitor.Sharing{SharedWith: []job.ID{"j0", "j1", "j2"}, SharedCount: 5})
}

// What says who uses a queue may be lost, or was never stored by an earlier version.
func TestSharedQueueIsFoundAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start("a")
	b.pass(time.Second)
	b.start("b")
	for _, key := range b.queueKeys() {
		if ttl := b.redis.TTL(key); ttl != 25*time.Hour {
			t.Errorf("%s expires in %v, want MaxAge and Retention", key, ttl)
		}
		b.redis.Del(key)
	}
	b.expectShared("a", shared())
	b.expectShared("b", shared("a"))
	b.expectShared("a", shared("b"))
}

// users is a store whose QueueStore counts calls, and fails if err is set.
type users struct {
	monitor.Store
	calls atomic.Int64
	err   error
}

func (u *users) UseQueue(ctx context.Context, spec job.Spec, keep time.Duration) ([]job.ID, error) {
	u.calls.Add(1)
	if u.err != nil {
		return nil, u.err
	}
	return u.Store.UseQueue(ctx, spec, keep)
}

func (u *users) LeaveQueue(ctx context.Context, spec job.Spec) error {
	u.calls.Add(1)
	if u.err != nil {
		return u.err
	}
	return u.Store.LeaveQueue(ctx, spec)
}

// It is a warning: a store that fails costs nothing else.
func TestSharingIsNotKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.Store = &users{Store: b.store.Store, err: failure.Unavailable("down", nil)}
	b.startShared(request("a"), shared())
	b.startShared(request("b"), shared())
	b.expectShared("a", shared())
	if err := b.service.Stop(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// The ticks of a living job do not ask who shares its queue.
func TestTicksDoNotReadTheSharing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	counted := &users{Store: b.store.Store}
	b.store.Store = counted
	b.start("a")
	before := counted.calls.Load()
	b.queue.Set(half, nil)
	for i := range 3 {
		b.pass(2 * time.Second)
		b.tick(fmt.Sprintf("t%d", i), monitor.OutcomeSampled)
	}
	if got := counted.calls.Load() - before; got != 0 {
		t.Errorf("%d calls in three ticks, want none", got)
	}
}
