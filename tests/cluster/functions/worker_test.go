package functions_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// workers play what runs in the pods of a namespace: each pod that is ready takes items
// from the queue until none is left. A pod that is deleted loses its item, which goes back
// to the queue.
type workers struct {
	pods  dynamic.ResourceInterface
	queue *redis.Client
	mean  time.Duration // of an item
	slow  atomic.Int64  // by how many percent items take longer
	most  atomic.Int64  // workers at a time

	working map[string]context.CancelFunc // by pod
	all     sync.WaitGroup
}

// work starts workers, which end with the test.
func (w *world) work(mean time.Duration) *workers {
	w.t.Helper()
	s := &workers{
		pods:  w.plane.Dynamic().Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(w.batch),
		queue: w.queue.Client(), mean: mean, working: map[string]context.CancelFunc{},
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	s.all.Go(func() {
		for ctx.Err() == nil {
			s.follow(ctx)
			sleep(ctx, 100*time.Millisecond)
		}
	})
	w.t.Cleanup(func() { cancel(); s.all.Wait() })
	return s
}

// follow starts and ends workers as the pods are.
func (s *workers) follow(ctx context.Context) {
	list, err := s.pods.List(ctx, metav1.ListOptions{})
	if err != nil {
		return // the next list may succeed
	}
	running := map[string]bool{}
	for i := range list.Items {
		pod := &list.Items[i]
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		if phase == "Running" && pod.GetDeletionTimestamp() == nil {
			running[pod.GetName()] = true
		}
	}
	for name, end := range s.working {
		if !running[name] {
			end()
			delete(s.working, name)
		}
	}
	for name := range running {
		if s.working[name] == nil {
			own, end := context.WithCancel(ctx)
			s.working[name] = end
			s.all.Go(func() { s.drain(own, name) })
		}
	}
	s.most.Store(max(s.most.Load(), int64(len(s.working))))
}

// drain is one worker.
func (s *workers) drain(ctx context.Context, pod string) {
	for ctx.Err() == nil {
		item, err := s.queue.LMove(ctx, "job", "job:processing", "LEFT", "RIGHT").Result()
		switch {
		case errors.Is(err, redis.Nil) && s.queue.LLen(ctx, "job:processing").Val() == 0:
			done := []byte(`{"metadata":{"annotations":{"work":"done"}}}`)
			_, _ = s.pods.Patch(ctx, pod, types.MergePatchType, done, metav1.PatchOptions{}) // tried again below
			sleep(ctx, 200*time.Millisecond)
		case err != nil:
			sleep(ctx, 50*time.Millisecond)
		default:
			s.process(ctx, item)
		}
	}
}

// process works on an item, whose number decides how long that takes: half to one and a
// half of the mean.
func (s *workers) process(ctx context.Context, item string) {
	number, _ := strconv.Atoi(item)
	share := float64(50+number*37%101) / 100 * float64(100+s.slow.Load()) / 100
	sleep(ctx, time.Duration(share*float64(s.mean)))
	killed := ctx.Err() != nil
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = s.queue.TxPipelined(after, func(p redis.Pipeliner) error { // if it fails, the test does
		p.LRem(after, "job:processing", 1, item)
		if killed {
			p.LPush(after, "job", item)
		} else {
			p.RPush(after, "job:results", item)
		}
		return nil
	})
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
