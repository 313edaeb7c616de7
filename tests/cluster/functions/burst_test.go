package functions_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/platform/config"
)

// burst is what came of calls by several callers.
type burst struct {
	took     []time.Duration // sorted
	statuses map[int]int
	during   time.Duration
}

func (b burst) rate() float64 { return float64(len(b.took)) / b.during.Seconds() }

func (b burst) quantile(share float64) time.Duration {
	return b.took[int(share*float64(len(b.took)-1))]
}

// together makes n calls, so many at once. call returns the status of the answer.
func together(n, atOnce int, call func(i int) int) burst {
	b := burst{statuses: map[int]int{}}
	var mu sync.Mutex
	var callers sync.WaitGroup
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	began := time.Now()
	for range atOnce {
		callers.Go(func() {
			for i := range next {
				from := time.Now()
				status := call(i)
				mu.Lock()
				b.took = append(b.took, time.Since(from))
				b.statuses[status]++
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	b.during = time.Since(began)
	slices.Sort(b.took)
	return b
}

// startAndStop starts jobs and then stops them, so many at once, and calls started in between.
func (w *world) startAndStop(n, atOnce int, started func()) (starts, stops burst) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	defer client.CloseIdleConnections()
	call := func(method, path, body string) int {
		request, err := http.NewRequestWithContext(w.t.Context(), method, w.url[config.TargetMonitor]+path, strings.NewReader(body))
		if err != nil {
			return 0
		}
		response, err := client.Do(request)
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode
	}
	starts = together(n, atOnce, func(i int) int {
		return call(http.MethodPost, "/monitoring/job-"+strconv.Itoa(i), fmt.Sprintf(`{"plugin":"kubejobs","collect_period":2,"plugin_info":
			{"expected_time":600,"number_of_jobs":4,"redis_ip":"127.0.0.1","redis_port":%d,"queue":{"pending":"job-%d"}}}`, w.queue.Port(), i))
	})
	started()
	stops = together(n, atOnce, func(i int) int {
		return call(http.MethodPut, "/monitoring/job-"+strconv.Itoa(i)+"/stop", "")
	})
	return starts, stops
}

// Many jobs that are started at once and then stopped at once are all accepted, and all
// stopped. Each has a schedule in between, which no job gets twice. After a sweep none is
// left: a stop that gets no turn leaves it to that.
func TestBurst(t *testing.T) {
	t.Parallel()
	const jobs = 200
	w := open(t, plane, unchanged, nil)
	scheduled := func() map[string]int {
		of := map[string]int{}
		list, err := w.sources().List(t.Context(), metav1.ListOptions{LabelSelector: pingsource.Selector})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			data, _, _ := unstructured.NestedString(list.Items[i].Object, "spec", "data")
			of[data]++
		}
		return of
	}
	starts, stops := w.startAndStop(jobs, jobs, func() {
		if of := scheduled(); len(of) != jobs {
			t.Errorf("%d of %d jobs have a schedule", len(of), jobs)
		}
	})
	if starts.statuses[http.StatusAccepted] != jobs || stops.statuses[http.StatusNoContent] != jobs {
		t.Errorf("statuses of %d starts %v and stops %v, want 202 and 204", jobs, starts.statuses, stops.statuses)
	}
	created := 0
	for _, request := range w.requests(config.TargetMonitor) {
		if request == "create pingsources" {
			created++
		}
	}
	if created != jobs {
		t.Errorf("%d jobs were scheduled %d times", jobs, created)
	}
	if swept, ok := w.sweep(); !ok {
		t.Errorf("sweep: %+v", swept)
	}
	if of := scheduled(); len(of) > 0 {
		t.Errorf("%d schedules are left", len(of))
	}
}

// BenchmarkBurst starts and stops jobs. Beside it a bare client creates and deletes as
// many PingSources.
func BenchmarkBurst(b *testing.B) {
	// A fresh API server answers its first write after two seconds.
	first := plane.Dynamic().Resource(pingsource.Resource).Namespace(plane.Namespace(b))
	if _, err := first.Create(b.Context(), bareSource(0), metav1.CreateOptions{}); err != nil {
		b.Fatal(err)
	}
	for _, atOnce := range []int{1, 16, 64, 1000} {
		b.Run(fmt.Sprintf("server=kubejobs/atonce=%d", atOnce), func(b *testing.B) {
			for b.Loop() {
				w := open(b, plane, unchanged, nil)
				starts, stops := w.startAndStop(max(200, atOnce), atOnce, func() {})
				for status, n := range starts.statuses {
					b.ReportMetric(float64(n), fmt.Sprintf("starts-answered-%d", status))
				}
				for status, n := range stops.statuses {
					b.ReportMetric(float64(n), fmt.Sprintf("stops-answered-%d", status))
				}
				report(b, starts, stops)
			}
		})
		b.Run(fmt.Sprintf("server=bare/atonce=%d", atOnce), func(b *testing.B) {
			namespace := plane.Namespace(b)
			sources := plane.Dynamic().Resource(pingsource.Resource).Namespace(namespace)
			for b.Loop() {
				starts := together(max(200, atOnce), atOnce, func(i int) int {
					_, err := sources.Create(b.Context(), bareSource(i), metav1.CreateOptions{})
					return status(b, err)
				})
				stops := together(max(200, atOnce), atOnce, func(i int) int {
					return status(b, sources.Delete(context.WithoutCancel(b.Context()), bareSource(i).GetName(), metav1.DeleteOptions{}))
				})
				report(b, starts, stops)
			}
		})
	}
}

func report(b *testing.B, starts, stops burst) {
	b.Helper()
	b.ReportMetric(starts.rate(), "starts/s")
	b.ReportMetric(stops.rate(), "stops/s")
	b.ReportMetric(float64(starts.quantile(.5).Milliseconds()), "start-p50-ms")
	b.ReportMetric(float64(starts.quantile(.99).Milliseconds()), "start-p99-ms")
	b.ReportMetric(float64(stops.quantile(.99).Milliseconds()), "stop-p99-ms")
}

func status(b *testing.B, err error) int {
	b.Helper()
	if err != nil {
		b.Error(err)
	}
	return http.StatusOK
}

// bareSource returns a PingSource as kubejobs makes it.
func bareSource(i int) *unstructured.Unstructured {
	name := "bare-" + strconv.Itoa(i)
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "sources.knative.dev/v1", "kind": "PingSource",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"app.kubernetes.io/managed-by": "bare"}},
		"spec": map[string]any{
			"schedule": "*/2 * * * * *", "contentType": "application/json", "data": `{"app_id":"` + name + `"}`,
			"sink": map[string]any{"uri": "http://127.0.0.1:1/"},
		},
	}}
}
