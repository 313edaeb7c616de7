package functions_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubescale"
	"kubejobs/shared/monitor"
	"kubejobs/tests/cluster/controlplane"
)

// targets are the kinds of objects that a job may be scaled by, and where their number of
// replicas is.
var targets = map[string]struct {
	resource schema.GroupVersionResource
	field    string
}{
	"Job":         {schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, "parallelism"},
	"Deployment":  {schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, "replicas"},
	"StatefulSet": {schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}, "replicas"},
}

// replicated creates a Deployment or a StatefulSet of one pod.
func (w *world) replicated(kind, name string) {
	w.t.Helper()
	labels := map[string]any{"app": name}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": kind, "metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"replicas": int64(1), "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": podSpec(nil)},
		},
	}}
	if _, err := w.plane.Dynamic().Resource(targets[kind].resource).Namespace(w.batch).Create(w.t.Context(), object, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// podSpec returns the specification of a pod on the one node that there may be, with more
// members.
func podSpec(more map[string]any) map[string]any {
	spec := map[string]any{
		"nodeName": "node", "automountServiceAccountToken": false,
		"containers": []any{map[string]any{"name": "work", "image": "work"}},
	}
	for name, value := range more {
		spec[name] = value
	}
	return spec
}

// asked returns how many replicas an object asks for.
func (w *world) asked(kind, name string) int64 {
	w.t.Helper()
	object, err := w.plane.Dynamic().Resource(targets[kind].resource).Namespace(w.batch).Get(w.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	n, _, err := unstructured.NestedInt64(object.Object, "spec", targets[kind].field)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// scales returns an action for uses: a tick scales an object of a kind. If that does not
// work, the job is monitored all the same, and its status names the right.
func scales(kind string) func(*world) bool {
	return func(w *world) bool {
		if kind == "Job" {
			w.job("a", map[string]any{"active": int64(1)})
		} else {
			w.replicated(kind, "a")
		}
		w.startWith("a", 2, fmt.Sprintf(
			`"expected_time":600,"number_of_jobs":4,"control":{"max_replicas":4,"target":{"kind":%q}}`, kind))
		w.expectTick("a", monitor.OutcomeSampled)
		var status monitor.Status
		controlplane.Await(w.t, "an action or its failure", func(context.Context) error {
			if status = w.status("a"); !status.Publishers[monitor.ScalerName].Failing && w.asked(kind, "a") != 2 {
				return fmt.Errorf("%d replicas, publishers %v", w.asked(kind, "a"), status.Publishers)
			}
			return nil
		})
		if w.asked(kind, "a") == 2 {
			return true
		}
		text := status.Publishers[monitor.ScalerName].LastError
		if !strings.Contains(text, "needs the right to ") || !strings.Contains(text, targets[kind].resource.Resource) {
			w.t.Errorf("the status says %q, want the right that is missing", text)
		}
		if status.Samples != 1 || status.Phase != job.PhaseRunning {
			w.t.Errorf("%d samples, %s, want a job that is monitored all the same", status.Samples, status.Phase)
		}
		return false
	}
}

// A patch that comes late changes nothing, although the number of the object is what it
// was: it changed and changed back.
func TestLateOrder(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	w.job("a", map[string]any{"active": int64(1)})
	w.replicated("Deployment", "a")
	w.replicated("StatefulSet", "a")
	for kind := range targets {
		scaler := w.scaler()
		spec := job.Spec{ID: "a", Control: &job.Control{Target: &job.Target{Kind: kind, Name: "a"}}}
		before, err := scaler.Fleet(t.Context(), *spec.Control.Target)
		if err != nil || before.Asked != 1 {
			t.Fatalf("%s: %+v, %v", kind, before, err)
		}
		for _, n := range []int64{3, 1} {
			now, err := scaler.Fleet(t.Context(), *spec.Control.Target)
			if err != nil {
				t.Fatal(err)
			}
			if err := scaler.Scale(t.Context(), spec, job.Order{Replicas: n, From: now}); err != nil || w.asked(kind, "a") != n {
				t.Fatalf("%s: %d replicas, %v, want %d", kind, w.asked(kind, "a"), err, n)
			}
		}
		w.expectOvertaken(scaler.Scale(t.Context(), spec, job.Order{Replicas: 5, From: before}), kind)
	}
}

// scaler returns a scaler with the rights of an administrator.
func (w *world) scaler() *kubescale.Scaler { return kubescale.New(w.plane.Dynamic(), w.batch) }

func (w *world) expectOvertaken(err error, kind string) {
	w.t.Helper()
	if failure.KindOf(err) != failure.KindConflict || w.asked(kind, "a") != 1 {
		w.t.Errorf("%s: %d replicas, %v, want 1 and a conflict", kind, w.asked(kind, "a"), err)
	}
}
