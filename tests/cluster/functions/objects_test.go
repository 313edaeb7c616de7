package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/tests/cluster/controlplane"
)

// roleFiles are the manifests with the Roles. ownerFile is added if Jobs and
// PingSources share a namespace.
var roleFiles = []string{
	"base/210-roles.yaml", "base/220-job-roles.yaml", "base/230-role-bindings.yaml", "components/control/roles.yaml",
}

// credentialsFile is added if the setting "credentials" is made.
const credentialsFile = "components/credentials/roles.yaml"

const ownerFile = "components/owner-references/roles.yaml"

// The namespaces in the manifests.
const (
	deployedIn = "kubejobs"
	jobsIn     = "default"
)

// role is a deployed Role or RoleBinding.
type role struct{ *unstructured.Unstructured }

func unchanged(r role) role { return r }

// without removes a verb on a resource from the Roles of a unit.
func without(unit, resource, verb string) func(role) role {
	return func(r role) role {
		if r.GetKind() != "Role" || unitOf(r) != unit {
			return r
		}
		rules, _, _ := unstructured.NestedSlice(r.Object, "rules")
		for _, rule := range rules {
			rule := rule.(map[string]any)
			if slices.Contains(rule["resources"].([]any), any(resource)) {
				rule["verbs"] = slices.DeleteFunc(rule["verbs"].([]any), func(v any) bool { return v == verb })
			}
		}
		rules = slices.DeleteFunc(rules, func(rule any) bool { return len(rule.(map[string]any)["verbs"].([]any)) == 0 })
		if err := unstructured.SetNestedSlice(r.Object, rules, "rules"); err != nil {
			panic(err)
		}
		return r
	}
}

// unitOf returns the unit that a Role is for.
func unitOf(r role) string {
	name := strings.TrimPrefix(r.GetName(), "kubejobs-")
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "-jobs"), "-control"), "-credentials")
}

// deployedRoles returns the Roles and RoleBindings in manifests.
func deployedRoles(tb testing.TB, files ...string) []role {
	tb.Helper()
	var roles []role
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("../../../knative", name))
		if err != nil {
			tb.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(document), &object); err != nil {
				tb.Fatalf("%s: %v", name, err)
			}
			roles = append(roles, role{&unstructured.Unstructured{Object: object}})
		}
	}
	return roles
}

// applyRoles applies the Roles in the world's namespaces and waits until they take
// effect.
func (w *world) applyRoles(change func(role) role) {
	w.t.Helper()
	namespaces := map[string]string{deployedIn: w.ticks, jobsIn: w.batch}
	files := roleFiles
	if w.batch == w.ticks {
		files = append(slices.Clone(files), ownerFile)
	}
	if w.overrides["credentials"] != "" {
		files = append(slices.Clone(files), credentialsFile)
	}
	for _, r := range deployedRoles(w.t, files...) {
		r = change(r)
		in := namespaces[r.GetNamespace()]
		r.SetNamespace(in)
		if r.GetKind() == "RoleBinding" {
			subjects, _, _ := unstructured.NestedSlice(r.Object, "subjects")
			for _, subject := range subjects {
				subject.(map[string]any)["namespace"] = w.ticks
			}
			_ = unstructured.SetNestedSlice(r.Object, subjects, "subjects")
		}
		text, err := json.Marshal(r.Object)
		if err != nil {
			w.t.Fatal(err)
		}
		w.plane.ApplyIn(w.t, in, text)
		w.awaitRole(r, in)
	}
}

// awaitRole waits until a RoleBinding takes effect. It ignores Roles, because their
// bindings are applied later.
func (w *world) awaitRole(binding role, in string) {
	w.t.Helper()
	if binding.GetKind() != "RoleBinding" {
		return
	}
	name, _, _ := unstructured.NestedString(binding.Object, "roleRef", "name")
	granted, err := w.plane.Dynamic().Resource(rolesResource).Namespace(in).Get(w.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
	account, _ := subjects[0].(map[string]any)["name"].(string)
	rules, _, _ := unstructured.NestedSlice(granted.Object, "rules")
	for _, rule := range rules {
		rule := rule.(map[string]any)
		for _, verb := range rule["verbs"].([]any) {
			resource := fmt.Sprintf("%v.%v", rule["resources"].([]any)[0], rule["apiGroups"].([]any)[0])
			w.plane.AwaitAccess(w.t, controlplane.ServiceAccountUser(w.ticks, account), in, verb.(string), resource)
		}
	}
}

// source returns the PingSource of a job, or nil if there is none.
func (w *world) source(id string) *unstructured.Unstructured {
	w.t.Helper()
	var found *unstructured.Unstructured
	list, err := w.sources().List(w.t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + id})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range list.Items {
		if list.Items[i].GetDeletionTimestamp() != nil {
			continue
		}
		if found != nil {
			w.t.Fatalf("%s has the PingSources %s and %s", id, found.GetName(), list.Items[i].GetName())
		}
		found = &list.Items[i]
	}
	return found
}

func (w *world) sources() dynamic.ResourceInterface {
	return w.plane.Dynamic().Resource(pingsource.Resource).Namespace(w.ticks)
}

// expectSource checks whether a job has a PingSource.
func (w *world) expectSource(id string, want bool) {
	w.t.Helper()
	if got := w.source(id) != nil; got != want {
		w.t.Errorf("PingSource of %s exists: %t, want %t", id, got, want)
	}
}

// job creates a Kubernetes Job unless it exists, and sets its status as the Job
// controller would.
func (w *world) job(id string, status map[string]any) {
	w.t.Helper()
	jobs := w.plane.Dynamic().Resource(batchjob.Resource).Namespace(w.batch)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "batch/v1", "kind": "Job", "metadata": map[string]any{"name": id},
		"spec": map[string]any{"parallelism": int64(1), "template": map[string]any{"spec": map[string]any{
			"restartPolicy": "Never", "containers": []any{map[string]any{"name": "work", "image": "work"}},
		}}},
	}}
	made, err := jobs.Create(w.t.Context(), object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		made, err = jobs.Get(w.t.Context(), id, metav1.GetOptions{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	made.Object["status"] = status
	if _, err := jobs.UpdateStatus(w.t.Context(), made, metav1.UpdateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// deleteJob deletes a Kubernetes Job. The garbage collector deletes what it owns.
func (w *world) deleteJob(id string) {
	w.t.Helper()
	background := metav1.DeletePropagationBackground
	err := w.plane.Dynamic().Resource(batchjob.Resource).Namespace(w.batch).Delete(
		w.t.Context(), id, metav1.DeleteOptions{PropagationPolicy: &background})
	if err != nil {
		w.t.Fatal(err)
	}
}

// awaitNoSource waits until a job has no PingSource.
func (w *world) awaitNoSource(id string) {
	w.t.Helper()
	controlplane.Await(w.t, "the PingSource of "+id+" is gone", func(ctx context.Context) error {
		list, err := w.sources().List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + id})
		if err == nil && len(list.Items) > 0 {
			return errors.New("it exists")
		}
		return err
	})
}
