package functions_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/monitortest"
)

// BenchmarkStart measures starts, and for comparison the creation of the same objects
// in the same API server. Run it with -benchtime 1000x.
func BenchmarkStart(b *testing.B) {
	w := open(b, plane, unchanged, nil)
	bare := w.factory()
	starts, creates := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		begin := time.Now()
		w.start(fmt.Sprintf("job-%05d", i), 3600)
		starts = append(starts, time.Since(begin))
		begin = time.Now()
		if err := bare(b.Context(), monitortest.Spec(job.ID(fmt.Sprintf("bare-%05d", i)), "")); err != nil {
			b.Fatal(err)
		}
		creates = append(creates, time.Since(begin))
	}
	b.StopTimer()
	if made := len(w.requests(config.TargetMonitor)); made != b.N {
		b.Errorf("%d starts made %d requests to Kubernetes, want one each", b.N, made)
	}
	list, err := w.sources().List(b.Context(), metav1.ListOptions{LabelSelector: pingsource.Selector})
	if err != nil || len(list.Items) != 2*b.N {
		b.Errorf("%d PingSources (%v), want %d", len(list.Items), err, 2*b.N)
	}
	b.ReportMetric(ms(quantile(starts, 0.5)), "ms-start-p50")
	b.ReportMetric(ms(quantile(starts, 0.99)), "ms-start-p99")
	b.ReportMetric(ms(quantile(creates, 0.5)), "ms-create-p50")
	b.ReportMetric(ms(quantile(creates, 0.99)), "ms-create-p99")
}

// BenchmarkSweep measures a sweep over ten thousand living jobs. One in a hundred has
// lost its PingSource or has left one behind. Run it with -benchtime 3x.
func BenchmarkSweep(b *testing.B) {
	const jobs, drift = 10_000, 100
	w := open(b, plane, unchanged, nil)
	client, err := redisstore.Open(w.state.URL(), redisstore.TLS{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	store := redisstore.New(client)
	accepted := time.Now()
	newSpec := func(i int) job.Spec {
		spec := monitortest.Spec(job.ID(fmt.Sprintf("job-%05d", i)), "f")
		spec.Accepted = accepted
		return spec
	}
	create := w.factory()
	w.each(jobs, func(ctx context.Context, i int) error {
		spec := newSpec(i)
		if _, err := store.Create(ctx, spec, job.State{Phase: job.PhaseRunning}); err != nil {
			return err
		}
		return create(ctx, spec)
	})
	before := len(w.requests(config.TargetSweep))
	peak := uint64(0)
	for b.Loop() {
		b.StopTimer()
		w.each(drift/2, func(ctx context.Context, i int) error {
			lost, left := newSpec(i*200), newSpec(i*200+100)
			if err := w.sources().Delete(ctx, pingsource.Name(lost.ID, lost.Life()), metav1.DeleteOptions{}); err != nil {
				return err
			}
			left.Accepted = left.Accepted.Add(-time.Second) // an earlier life left it behind
			return create(ctx, left)
		})
		stop := watchHeap()
		b.StartTimer()
		swept, ok := w.sweep()
		peak = max(peak, stop())
		want := monitor.Swept{Jobs: jobs, Schedules: jobs, Created: drift / 2, Deleted: drift / 2}
		if !ok || swept != want {
			b.Fatalf("swept %+v, want %+v", swept, want)
		}
	}
	b.ReportMetric(float64(len(w.requests(config.TargetSweep))-before)/float64(b.N), "k8s-requests/op")
	b.ReportMetric(float64(peak)/(1<<20), "MB-heap-growth")
}

// factory returns a function that creates a PingSource as start does, as a user who may
// do everything.
func (w *world) factory() func(ctx context.Context, spec job.Spec) error {
	w.t.Helper()
	admin := w.plane.AdminConfig()
	admin.QPS = -1
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		w.t.Fatal(err)
	}
	sink, err := pingsource.ParseSink("ksvc/tick", w.ticks)
	if err != nil {
		w.t.Fatal(err)
	}
	sources := client.Resource(pingsource.Resource).Namespace(w.ticks)
	return func(ctx context.Context, spec job.Spec) error {
		source, err := pingsource.Build(spec, w.ticks, sink, nil)
		if err != nil {
			return err
		}
		object, err := kruntime.DefaultUnstructuredConverter.ToUnstructured(source)
		if err != nil {
			return err
		}
		_, err = sources.Create(ctx, &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
		return err
	}
}

// each calls do for 0 to n-1, with up to 16 calls at a time.
func (w *world) each(n int, do func(ctx context.Context, i int) error) {
	w.t.Helper()
	group, ctx := errgroup.WithContext(w.t.Context())
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		w.t.Fatal(err)
	}
}

// watchHeap measures the size of the heap until stop is called. stop returns the
// maximum growth in bytes.
func watchHeap() (stop func() uint64) {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	begin, peak := stats.HeapAlloc, stats.HeapAlloc
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				runtime.ReadMemStats(&stats)
				peak = max(peak, stats.HeapAlloc)
			}
		}
	}()
	return func() uint64 {
		close(ended)
		<-done
		return peak - begin
	}
}

func quantile(times []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
