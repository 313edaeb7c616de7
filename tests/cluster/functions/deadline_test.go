package functions_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/tests/cluster"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

// nodes is the resource of nodes.
var nodes = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}

// Jobs that start with one pod meet their deadlines, because the ticks scale them: pods
// run on kwok, and the controllers of Kubernetes create and delete them.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	p := controlplane.StartWith(t, controlplane.Options{
		Controllers: []string{"job-controller", "deployment-controller", "replicaset-controller"}, Kubelet: cluster.Kubelet,
	}, cluster.PingSource)
	node := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": "node"},
	}}
	if _, err := p.Dynamic().Resource(nodes).Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		kind    string
		spec    map[string]any // of a Job
		items   int
		mean    time.Duration
		seconds int // to the deadline
		control string
		slow    int64 // percent, once a third is done
		least   int64 // changes of scale
	}{
		"a Job that becomes slow": {
			kind: "Job", items: 160, mean: 400 * time.Millisecond, seconds: 25, control: `"max_replicas":12`, slow: 100, least: 2,
		},
		"an Indexed Job": {
			kind: "Job", spec: map[string]any{"completionMode": "Indexed", "completions": int64(4)},
			items: 60, mean: 200 * time.Millisecond, seconds: 20, control: `"min_replicas":3,"max_replicas":20`, least: 1,
		},
		"a Deployment": {
			kind: "Deployment", items: 60, mean: 200 * time.Millisecond, seconds: 15,
			control: `"max_replicas":6,"target":{"kind":"Deployment"}`, least: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, p, unchanged, nil)
			adapter.Start(t, adapter.Options{
				Config: p.AdminConfig(), Namespace: w.ticks, NoJitter: true,
				Resolve: func(adapter.Sink) (string, error) { return w.url[config.TargetTick], nil },
			})
			w.fill(tt.items)
			if tt.kind == "Job" {
				w.runningJob("a", tt.spec)
			} else {
				w.replicated(tt.kind, "a")
			}
			working := w.work(tt.mean)
			w.startWith("a", 1, fmt.Sprintf(`"expected_time":%d,"number_of_jobs":%d,"control":{%s}`, tt.seconds, tt.items, tt.control))
			w.await([]string{"a"}, "a third", func(s monitor.Status) bool { return s.Progress != nil && s.Progress.Job > .33 })
			working.slow.Store(tt.slow)
			w.await([]string{"a"}, "the end", func(s monitor.Status) bool { return !s.Phase.Living() })
			w.expectMet(tt.items, tt.least, working)
		})
	}
}

// fill replaces the items in the queue.
func (w *world) fill(items int) {
	w.t.Helper()
	numbers := make([]any, items)
	for i := range numbers {
		numbers[i] = i
	}
	w.emptyQueue()
	if err := w.queue.Client().RPush(w.t.Context(), "job", numbers...).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// runningJob creates a Job of one pod, with members of its specification.
func (w *world) runningJob(id string, members map[string]any) {
	w.t.Helper()
	spec := map[string]any{
		"parallelism": int64(1),
		"template":    map[string]any{"spec": podSpec(map[string]any{"restartPolicy": "Never"})},
	}
	for name, value := range members {
		spec[name] = value
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "batch/v1", "kind": "Job", "metadata": map[string]any{"name": id}, "spec": spec,
	}}
	if _, err := w.plane.Dynamic().Resource(batchjob.Resource).Namespace(w.batch).Create(w.t.Context(), object, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// expectMet checks that the job a met its deadline, and that it was scaled for that, with at
// most one action a tick.
func (w *world) expectMet(items int, least int64, working *workers) {
	w.t.Helper()
	got := w.status("a")
	if got.Phase != job.PhaseFinished || got.Verdict == nil || !got.DeadlineMet {
		w.t.Errorf("%s: %s, verdict %+v, want a deadline that was met", got.Phase, got.Reason, got.Verdict)
	}
	if results := w.queue.Client().LLen(w.t.Context(), "job:results").Val(); results != int64(items) {
		w.t.Errorf("%d results, want %d", results, items)
	}
	if got.Control.Changes < least || working.most.Load() < 2 {
		w.t.Errorf("%d changes of scale, at most %d workers; want at least %d, and 2", got.Control.Changes, working.most.Load(), least)
	}
	patches := int64(0)
	for _, request := range w.requests(config.TargetTick) {
		if request == "patch jobs" || request == "patch deployments/scale" {
			patches++
		}
	}
	if patches < least || patches > got.Samples {
		w.t.Errorf("%d patches in %d samples, want at least %d, and one for each sample at most", patches, got.Samples, least)
	}
	w.t.Logf("%d samples, %d patches, at most %d workers, spare %.1f s, control %+v", got.Samples, patches, working.most.Load(), got.Spare, *got.Control)
}
