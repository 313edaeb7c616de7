package functions_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"kubejobs/shared/core/job"
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
	want := monitor.Swept{Jobs: 3, Schedules: 3, Created: 1, Suspected: 1}
	if diff := cmp.Diff(want, swept); diff != "" || !ok {
		t.Errorf("swept (-want +got):\n%s", diff)
	}
	w.expectSource("a", true)
	w.expectSource("zz", true) // only suspected: the state Redis may be empty for a moment
	w.suspectedLongAgo("zz")
	if swept, _ := w.sweep(); swept != (monitor.Swept{Jobs: 3, Schedules: 4, Deleted: 1}) {
		t.Errorf("a later sweep did %+v, want the orphan deleted", swept)
	}
	w.expectSource("zz", false)
	if _, err := w.sources().Get(t.Context(), "sweep", metav1.GetOptions{}); err != nil {
		t.Errorf("the sweep's own PingSource: %v", err)
	}
	if swept, _ := w.sweep(); swept != (monitor.Swept{Jobs: 3, Schedules: 3}) {
		t.Errorf("a second sweep did %+v, want nothing", swept)
	}
}

// deleteSource deletes the PingSource of a job.
func (w *world) deleteSource(id string) {
	w.t.Helper()
	if err := w.sources().Delete(w.t.Context(), w.source(id).GetName(), metav1.DeleteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// orphan creates a PingSource without a job.
func (w *world) orphan(id string) {
	w.t.Helper()
	if err := w.factory()(w.t.Context(), job.Spec{ID: job.ID(id), Period: 2 * time.Second}); err != nil {
		w.t.Fatal(err)
	}
}

// suspectedLongAgo changes the state as if a sweep had suspected the schedule of an
// unknown job five minutes ago.
func (w *world) suspectedLongAgo(id string) {
	w.t.Helper()
	since := time.Now().Add(-5 * time.Minute).UnixMilli()
	if err := w.state.Client().HSet(w.t.Context(), "monitor:{"+id+"}:suspect", "0", since).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// foreign creates a PingSource that does not belong to a job.
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

// age changes a job as if no tick had arrived for five minutes.
func (w *world) age(id string) {
	w.t.Helper()
	client := w.state.Client()
	key := "monitor:{" + id + "}:state"
	life := time.Now().Add(-5 * time.Minute)
	for field, change := range map[string]func(map[string]any){
		"spec":  func(spec map[string]any) { spec["accepted"] = life.UTC().Format(time.RFC3339Nano) },
		"state": func(state map[string]any) { state["ticks"].(map[string]any)["last_sent"] = life.UnixMilli() },
	} {
		text, err := client.HGet(w.t.Context(), key, field).Result()
		if err != nil {
			w.t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			w.t.Fatal(err)
		}
		change(object)
		aged, err := json.Marshal(object)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := client.HSet(w.t.Context(), key, field, aged).Err(); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := client.HSet(w.t.Context(), key, "life", life.UnixMilli()).Err(); err != nil {
		w.t.Fatal(err)
	}
}
