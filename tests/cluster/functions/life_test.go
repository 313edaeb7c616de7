package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

var rolesResource = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}

func TestStartTickFinish(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	w.job("a", map[string]any{"active": int64(3)})
	w.start("a", 2)
	source := w.source("a")
	if source == nil {
		t.Fatal("start made no PingSource")
	}
	want := map[string]any{
		"schedule": "*/2 * * * * *", "contentType": "application/json",
		"sink": map[string]any{"ref": map[string]any{
			"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "tick", "namespace": w.ticks,
		}},
	}
	spec, _, _ := unstructured.NestedMap(source.Object, "spec")
	var data struct {
		ID   string `json:"app_id"`
		Life int64  `json:"life"`
	}
	if err := json.Unmarshal([]byte(spec["data"].(string)), &data); err != nil || data.ID != "a" || source.GetName() != pingsource.Name("a", data.Life) {
		t.Errorf("data %v of %s (%v), want the id and the life in its name", spec["data"], source.GetName(), err)
	}
	delete(spec, "data")
	if diff := cmp.Diff(want, spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	w.start("a", 2) // the same request: no change
	if again := w.source("a"); again.GetUID() != source.GetUID() || again.GetGeneration() != source.GetGeneration() {
		t.Error("the same start again changed the PingSource")
	}
	twice := []string{"create pingsources", "create pingsources", "create pingsources"} // the second start asks twice whether it stays
	if diff := cmp.Diff(twice, w.requests(config.TargetMonitor)); diff != "" {
		t.Errorf("requests of two starts (-want +got):\n%s", diff)
	}

	w.expectTick("a", monitor.OutcomeSampled)
	if got := w.status("a"); got.Last.Replicas != 3 || got.Phase != job.PhaseRunning {
		t.Errorf("%d replicas, %s, want 3, running", got.Last.Replicas, got.Phase)
	}
	if diff := cmp.Diff([]string{"get jobs"}, w.requests(config.TargetTick)); diff != "" {
		t.Errorf("requests of a tick (-want +got):\n%s", diff)
	}

	w.emptyQueue()
	w.job("a", completed())
	w.expectTick("a", monitor.OutcomeSampled)
	if got := w.status("a"); got.Phase != job.PhaseFinished {
		t.Errorf("phase %s, want finished", got.Phase)
	}
	w.expectSource("a", false)
	w.expectTick("a", monitor.OutcomeEnded) // a tick that was in progress
	if got := w.status("a"); got.Samples != 2 || got.Phase != job.PhaseFinished {
		t.Errorf("after a late tick: %d samples, %s, want 2, finished", got.Samples, got.Phase)
	}
	w.expectSource("a", false)
}

func TestStopRemovesTheSchedule(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	w.job("a", map[string]any{"active": int64(1)})
	w.start("a", 2)
	w.stop("a")
	w.expectSource("a", false)
	w.expectTick("a", monitor.OutcomeEnded) // up to 3 s later: no sample, no new life
	w.expectSource("a", false)
	if got := w.status("a"); got.Samples != 0 || got.Phase != job.PhaseStopped {
		t.Errorf("after a late tick: %d samples, %s, want 0, stopped", got.Samples, got.Phase)
	}
}

// A Job in the namespace of the PingSources owns its PingSource, and the garbage
// collector deletes both.
func TestJobOwnsItsPingSource(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, map[string]string{"same namespace": "yes"})
	w.job("a", map[string]any{"active": int64(1)})
	w.start("a", 2)
	owners := w.source("a").GetOwnerReferences()
	if len(owners) != 1 || owners[0].Kind != "Job" || owners[0].Name != "a" {
		t.Fatalf("owners %+v, want the Job", owners)
	}
	if diff := cmp.Diff([]string{"get jobs", "create pingsources"}, w.requests(config.TargetMonitor)); diff != "" {
		t.Errorf("requests of a start (-want +got):\n%s", diff)
	}
	w.deleteJob("a")
	w.awaitNoSource("a")
}

// A Job that is deleted while items are left fails the job. If there never was a
// Job, only the queue decides.
func TestDeletedJob(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, map[string]string{"RETRIES": "2", "FAIL_AFTER": "0s"})
	w.start("a", 2)
	for range 3 {
		w.expectTick("a", monitor.OutcomeSampled)
	}
	if got := w.status("a"); got.Failures != 0 || got.Unobserved == nil || got.Unobserved.Kube == nil {
		t.Errorf("%d failures, unobserved %+v, want no failure and the Job unobserved", got.Failures, got.Unobserved)
	}
	w.job("a", map[string]any{"active": int64(1)})
	w.expectTick("a", monitor.OutcomeSampled)
	w.deleteJob("a")
	w.expectTick("a", monitor.OutcomeSampled)
	w.expectTick("a", monitor.OutcomeSampled)
	if got := w.status("a"); got.Phase != job.PhaseFailed || !strings.Contains(got.Reason, "the Job was deleted; 4 of 4 items are left") {
		t.Errorf("%s, %q, want failed because the Job was deleted", got.Phase, got.Reason)
	}
	w.expectSource("a", false)
}

// A finalizer delays the deletion of PingSources. A job that is stopped and started at
// once gets a new schedule and new ticks. The ticks of its earlier life, whose
// PingSource still exists, change nothing.
func TestRestartBehindAFinalizer(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, nil)
	adapter.Start(t, adapter.Options{
		Config: plane.AdminConfig(), Namespace: w.ticks, Finalize: 1500 * time.Millisecond,
		Resolve: func(adapter.Sink) (string, error) { return w.url[config.TargetTick], nil },
	})
	ids := []string{"fin-1", "fin-2", "fin-3", "fin-4"}
	for _, id := range ids {
		w.job(id, map[string]any{"active": int64(2)})
	}
	for range 5 {
		for _, id := range ids {
			w.start(id, 1)
			controlplane.Await(t, "the finalizer of "+id, func(context.Context) error {
				if source := w.source(id); source == nil || len(source.GetFinalizers()) == 0 {
					return errors.New("it has none")
				}
				return nil
			})
			w.stop(id)
		}
	}
	for _, id := range ids {
		w.start(id, 1)
	}
	w.await(ids, "ticks of the last life", func(s monitor.Status) bool { return s.Samples >= 2 })
	if swept, ok := w.sweep(); !ok || swept.Created+swept.Replaced+swept.Deleted+swept.Failed+swept.Ended != 0 {
		t.Errorf("a sweep while finalizers are pending did %+v, want nothing", swept)
	}
	for _, id := range ids {
		got := w.status(id)
		elements, err := w.queue.Client().LLen(t.Context(), id+":metrics").Result()
		if err != nil || !got.Phase.Living() || got.Samples > got.Ticks.Received || elements < got.Samples {
			t.Errorf("%s: %s, %d samples of %d ticks, %d elements (%v)", id, got.Phase, got.Samples, got.Ticks.Received, elements, err)
		}
		w.expectSource(id, true)
		w.stop(id)
	}
	for _, id := range ids {
		w.awaitNoSource(id)
	}
}

// If the job status comes from events or from the queue, a tick sends no request to
// Kubernetes.
func TestTicksWithoutRequests(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{config.JobStatusEvents, config.JobStatusQueue} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := open(t, plane, unchanged, map[string]string{"JOB_STATUS": mode})
			w.start("a", 2)
			for range 5 {
				w.expectTick("a", monitor.OutcomeSampled)
			}
			if made := w.requests(config.TargetTick); len(made) != 0 {
				t.Errorf("five ticks made the requests %v, want none", made)
			}
			if mode == config.JobStatusEvents {
				w.sendJobStatus("a", "update", `{"active":7}`, 5)
				w.expectTick("a", monitor.OutcomeSampled)
				if got := w.status("a"); got.Last.Replicas != 7 {
					t.Errorf("%d replicas after an event, want 7", got.Last.Replicas)
				}
				w.sendJobStatus("a", "update", `{"conditions":[{"type":"Complete","status":"True"}]}`, 6)
				w.expectTick("a", monitor.OutcomeSampled)
				w.expectSource("a", false)
			}
		})
	}
}

// completed returns the status of a Job that has completed.
func completed() map[string]any {
	return map[string]any{
		"succeeded": int64(3), "startTime": "2026-11-24T05:41:07Z", "completionTime": "2026-11-24T05:42:07Z",
		"conditions": []any{
			map[string]any{"type": "SuccessCriteriaMet", "status": "True", "lastTransitionTime": "2026-11-24T05:42:07Z"},
			map[string]any{"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-24T05:42:07Z"},
		},
	}
}
