package functions_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
)

func TestSweepRepairs(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	for _, id := range []string{"a", "b", "c"} {
		w.job(id, map[string]any{"active": int64(1)})
		w.start(id, 2)
	}
	w.deleteSource("a")
	w.orphan("zz")
	w.foreign("sweep")
	swept, ok := w.sweep()
	want := monitor.Swept{Jobs: 3, Schedules: 3, Created: 1, Deleted: 1}
	if diff := cmp.Diff(want, swept); diff != "" || !ok {
		t.Errorf("swept (-want +got):\n%s", diff)
	}
	w.expectSource("a", true)
	w.expectSource("zz", false)
	if _, err := w.sources().Get(t.Context(), "sweep", metav1.GetOptions{}); err != nil {
		t.Errorf("the sweep's own PingSource: %v", err)
	}
	if swept, _ := w.sweep(); swept != (monitor.Swept{Jobs: 3, Schedules: 3}) {
		t.Errorf("a second sweep did %+v, want nothing", swept)
	}
}

// deleteSource loses a job's PingSource.
func (w *world) deleteSource(id string) {
	w.t.Helper()
	if err := w.sources().Delete(w.t.Context(), "kubejobs-"+id, metav1.DeleteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// orphan makes a PingSource without a job.
func (w *world) orphan(id string) {
	w.t.Helper()
	sink, err := pingsource.ParseSink("ksvc/tick", w.ticks)
	if err != nil {
		w.t.Fatal(err)
	}
	source, err := pingsource.Build(job.Spec{ID: job.ID(id), Period: 2 * time.Second}, w.ticks, sink, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(source)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.sources().Create(w.t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// foreign makes a PingSource that is none of a job's.
func (w *world) foreign(name string) {
	w.t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "sources.knative.dev/v1", "kind": "PingSource",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"app.kubernetes.io/name": "kubejobs"}},
		"spec": map[string]any{
			"schedule": "*/5 * * * *", "contentType": "application/json", "data": "{}",
			"sink": map[string]any{"uri": "http://127.0.0.1:1/"},
		},
	}}
	if _, err := w.sources().Create(w.t.Context(), object, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// age makes a job look as if no tick had come for five minutes.
func (w *world) age(id string) {
	w.t.Helper()
	client := w.state.Client()
	key := "monitor:{" + id + "}:state"
	text, err := client.HGet(w.t.Context(), key, "spec").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	var spec job.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		w.t.Fatal(err)
	}
	spec.Accepted = spec.Accepted.Add(-5 * time.Minute)
	aged, err := json.Marshal(spec)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := client.HSet(w.t.Context(), key, "spec", aged).Err(); err != nil {
		w.t.Fatal(err)
	}
}
