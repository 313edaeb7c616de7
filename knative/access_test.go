package knative_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"kubejobs/shared/core/egress"
)

// The Roles grant exactly the rights in the table of README.md.
func TestRoles(t *testing.T) {
	t.Parallel()
	want := []string{
		"default/kubejobs-credentials:  secrets get",
		"default/kubejobs-job-events: batch jobs get,list,watch",
		"default/kubejobs-monitor-jobs: batch jobs get",
		"default/kubejobs-sweep-jobs: batch jobs get",
		"default/kubejobs-tick-control: apps deployments,statefulsets get",
		"default/kubejobs-tick-control: apps deployments/scale,statefulsets/scale patch",
		"default/kubejobs-tick-control: batch jobs patch",
		"default/kubejobs-tick-jobs: batch jobs get",
		"kubejobs/kubejobs-monitor: sources.knative.dev pingsources create,delete",
		"kubejobs/kubejobs-sweep: sources.knative.dev pingsources create,delete,list",
		"kubejobs/kubejobs-tick: sources.knative.dev pingsources delete",
	}
	var roles, bindings []string
	for _, d := range every(t) {
		switch {
		case strings.HasPrefix(d.Kind, "Cluster"):
			t.Errorf("%s: a %s grants rights in all namespaces", d.file, d.Kind)
		case strings.Contains(string(d.text), "$patch"):
		case d.Kind == "Role":
			var role rbacv1.Role
			d.into(t, &role)
			for _, rule := range role.Rules {
				slices.Sort(rule.Verbs)
				roles = append(roles, fmt.Sprintf("%s/%s: %s %s %s", role.Namespace, role.Name,
					strings.Join(rule.APIGroups, ","), strings.Join(rule.Resources, ","), strings.Join(rule.Verbs, ",")))
			}
		case d.Kind == "RoleBinding":
			var binding rbacv1.RoleBinding
			d.into(t, &binding)
			bindings = append(bindings, binding.Namespace+"/"+binding.RoleRef.Name)
			if binding.RoleRef.Kind != "Role" || len(binding.Subjects) != 1 || binding.Subjects[0].Name != accountOf(binding.Name) {
				t.Errorf("%s: %s is bound to %+v", d.file, binding.Name, binding.Subjects)
			}
		}
	}
	slices.Sort(roles)
	if diff := cmp.Diff(want, roles); diff != "" {
		t.Errorf("Roles (-want +got):\n%s", diff)
	}
	slices.Sort(bindings)
	bindings = slices.Compact(bindings) // one Role is for three accounts
	var bound []string
	for _, role := range want {
		name, _, _ := strings.Cut(role, ":")
		if !slices.Contains(bound, name) {
			bound = append(bound, name)
		}
	}
	if diff := cmp.Diff(bound, bindings); diff != "" {
		t.Errorf("RoleBindings (-want +got):\n%s", diff)
	}
}

// accountOf returns the ServiceAccount that a RoleBinding is for.
func accountOf(binding string) string {
	for _, suffix := range []string{"-jobs", "-control", "-credentials"} {
		binding = strings.TrimSuffix(binding, suffix)
	}
	return binding
}

// The ServiceAccounts that Services and RoleBindings name exist.
func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	accounts := map[string]bool{}
	for _, d := range every(t) {
		if d.Kind == "ServiceAccount" {
			accounts[d.Namespace+"/"+d.Name] = true
		}
	}
	for name, s := range services(t) {
		if account := s.Namespace + "/" + s.Spec.Template.Spec.ServiceAccountName; !accounts[account] {
			t.Errorf("%s runs as %s, which does not exist", name, account)
		}
	}
	for _, d := range every(t) {
		if d.Kind != "RoleBinding" || strings.Contains(string(d.text), "$patch") {
			continue
		}
		var binding rbacv1.RoleBinding
		d.into(t, &binding)
		for _, subject := range binding.Subjects {
			if !accounts[subject.Namespace+"/"+subject.Name] {
				t.Errorf("%s: %s/%s does not exist", d.file, subject.Namespace, subject.Name)
			}
		}
	}
}

func TestContainersAreConfined(t *testing.T) {
	t.Parallel()
	containers := map[string]corev1.Container{}
	for name, s := range services(t) {
		for _, c := range s.Spec.Template.Spec.Containers {
			containers[name+"/"+c.Name] = c
		}
	}
	for _, d := range every(t) {
		if d.Kind != "Deployment" {
			continue
		}
		var deployment appsv1.Deployment
		d.into(t, &deployment)
		for _, c := range deployment.Spec.Template.Spec.Containers {
			containers[d.Name+"/"+c.Name] = c
		}
	}
	if len(containers) != 4 {
		t.Errorf("%d containers, want three functions and a Redis", len(containers))
	}
	yes, no := true, false
	for name, c := range containers {
		got := c.SecurityContext
		if got == nil || got.RunAsUser == nil || *got.RunAsUser == 0 {
			t.Errorf("%s runs as root, or as the user that its image names", name)
			continue
		}
		want := &corev1.SecurityContext{
			RunAsNonRoot: &yes, RunAsUser: got.RunAsUser, RunAsGroup: got.RunAsGroup,
			ReadOnlyRootFilesystem: &yes, AllowPrivilegeEscalation: &no,
			Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: security (-want +got):\n%s", name, diff)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s: resources %+v", name, c.Resources)
		}
	}
}

// The functions can reach every address that they allow a caller to name.
func TestNetworkPolicyAllowsWhatTheProgramAllows(t *testing.T) {
	t.Parallel()
	ranges := map[string]bool{}
	for _, d := range documents(t, "base/400-network-policies.yaml") {
		var policy networkingv1.NetworkPolicy
		d.into(t, &policy)
		for _, rule := range policy.Spec.Egress {
			for _, to := range rule.To {
				if to.IPBlock != nil {
					ranges[to.IPBlock.CIDR] = true
				}
			}
		}
	}
	for _, private := range egress.Private() {
		if !ranges[private] {
			t.Errorf("the program allows %s, the NetworkPolicy does not", private)
		}
	}
}
