package functions_test

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"kubejobs/shared/core/job"
)

// right is a verb in a Role.
type right struct{ unit, resource, verb string }

// owning is the right for functions in the namespace of the Jobs.
var owning = right{"monitor", "jobs", "get"}

// uses holds, for each right, an action that needs it and that reports whether it
// worked.
var uses = map[right]func(*world) bool{
	{"monitor", "pingsources", "create"}: func(w *world) bool {
		w.start("a", 2)
		return w.source("a") != nil
	},
	{"monitor", "pingsources", "delete"}: func(w *world) bool {
		w.start("a", 2)
		w.stop("a")
		return w.source("a") == nil
	},
	owning: func(w *world) bool {
		w.job("a", map[string]any{})
		w.start("a", 2)
		return len(w.source("a").GetOwnerReferences()) == 1
	},
	{"tick", "pingsources", "delete"}: func(w *world) bool {
		w.start("a", 2)
		w.job("a", completed())
		w.tick("a")
		return w.source("a") == nil
	},
	{"tick", "jobs", "get"}: func(w *world) bool {
		w.start("a", 2)
		w.job("a", map[string]any{"active": int64(2)})
		w.tick("a")
		return w.status("a").Last.Replicas == 2
	},
	{"tick", "jobs", "patch"}:               scales("Job"),
	{"tick", "deployments", "get"}:          scales("Deployment"),
	{"tick", "deployments/scale", "patch"}:  scales("Deployment"),
	{"tick", "statefulsets", "get"}:         scales("StatefulSet"),
	{"tick", "statefulsets/scale", "patch"}: scales("StatefulSet"),
	{"sweep", "pingsources", "list"}: func(w *world) bool {
		w.start("a", 2)
		_, ok := w.sweep()
		return ok
	},
	{"sweep", "pingsources", "create"}: func(w *world) bool {
		w.start("a", 2)
		w.deleteSource("a")
		swept, ok := w.sweep()
		return ok && swept.Failed == 0 && w.source("a") != nil
	},
	{"sweep", "pingsources", "delete"}: func(w *world) bool {
		w.start("a", 2)
		w.orphan("b")
		w.suspectedLongAgo("b")
		swept, ok := w.sweep()
		return ok && swept.Failed == 0 && w.source("b") == nil
	},
	{"sweep", "jobs", "get"}: func(w *world) bool {
		w.job("a", map[string]any{"active": int64(1)})
		w.start("a", 1)
		w.tick("a")
		w.deleteJob("a")
		w.age("a")
		swept, ok := w.sweep()
		return ok && swept.Failed == 0 && w.status("a").Phase == job.PhaseFailed
	},
}

// With the Roles, everything works. Without any one of their verbs, something does not.
func TestRolesAreSufficientAndMinimal(t *testing.T) {
	t.Parallel()
	for _, r := range grantedRights(t) {
		use, known := uses[r]
		if !known {
			t.Errorf("the Roles grant %v, which nothing uses", r)
			continue
		}
		var settings map[string]string
		if r == owning {
			settings = map[string]string{"same namespace": "yes"}
		}
		t.Run(fmt.Sprintf("%s %s %s", r.unit, r.verb, r.resource), func(t *testing.T) {
			t.Parallel()
			if !use(open(t, plane, unchanged, settings)) {
				t.Error("it does not work with the deployed Roles")
			}
			if use(open(t, plane, without(r.unit, r.resource, r.verb), settings)) {
				t.Error("it works without the verb: either the Role grants too much, or the check is wrong")
			}
		})
	}
}

// grantedRights returns the rights that the deployed Roles grant.
func grantedRights(t *testing.T) []right {
	t.Helper()
	var rights []right
	for _, r := range deployedRoles(t, append(slices.Clone(roleFiles), ownerFile)...) {
		if r.GetKind() != "Role" {
			continue
		}
		rules, _, _ := unstructured.NestedSlice(r.Object, "rules")
		for _, rule := range rules {
			rule := rule.(map[string]any)
			for _, resource := range rule["resources"].([]any) {
				for _, verb := range rule["verbs"].([]any) {
					rights = append(rights, right{unitOf(r), resource.(string), verb.(string)})
				}
			}
		}
	}
	for r := range uses {
		if !slices.Contains(rights, r) {
			t.Errorf("no Role grants %v", r)
		}
	}
	return rights
}
