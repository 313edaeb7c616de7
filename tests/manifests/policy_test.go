package manifests_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// pod is a pod that the manifests create.
type pod struct {
	owner     string // kind and name
	namespace string
	metav1.ObjectMeta
	corev1.PodSpec
}

// cluster is what an overlay deploys, as far as the rules need it.
type cluster struct {
	namespaces map[string]*corev1.Namespace
	accounts   map[string]*corev1.ServiceAccount // by namespace/name
	bound      map[string]bool                   // accounts with rights
	policies   []*networkingv1.NetworkPolicy
	pods       []pod
}

func newCluster(objects []any) cluster {
	c := cluster{
		namespaces: map[string]*corev1.Namespace{}, accounts: map[string]*corev1.ServiceAccount{}, bound: map[string]bool{},
	}
	for _, object := range objects {
		switch o := object.(type) {
		case *corev1.Namespace:
			c.namespaces[o.Name] = o
		case *corev1.ServiceAccount:
			c.accounts[o.Namespace+"/"+o.Name] = o
		case *rbacv1.RoleBinding:
			for _, subject := range o.Subjects {
				c.bound[subject.Namespace+"/"+subject.Name] = true
			}
		case *networkingv1.NetworkPolicy:
			c.policies = append(c.policies, o)
		case *appsv1.Deployment:
			c.pods = append(c.pods, pod{"Deployment " + o.Name, o.Namespace, o.Spec.Template.ObjectMeta, o.Spec.Template.Spec})
		case *servingv1.Service:
			template := o.Spec.Template
			c.pods = append(c.pods, pod{"Service " + o.Name, o.Namespace, template.ObjectMeta, template.Spec.PodSpec})
		}
	}
	return c
}

// restricted is the version of the policy that the namespace enforces.
const restricted = "v1.35"

// rules are the rules of the manifests. Each returns what breaks it.
var rules = map[string]func(cluster) []string{
	"the namespace enforces, audits and warns of the level restricted": func(c cluster) (broken []string) {
		want := map[string]string{
			"enforce": "restricted", "enforce-version": restricted,
			"audit": "restricted", "audit-version": "latest", "warn": "restricted", "warn-version": "latest",
		}
		for _, p := range c.pods {
			got := map[string]string{}
			if namespace, ok := c.namespaces[p.namespace]; ok {
				for label, value := range namespace.Labels {
					if mode, ok := strings.CutPrefix(label, "pod-security.kubernetes.io/"); ok {
						got[mode] = value
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				broken = append(broken, p.owner+"'s namespace: "+diff)
			}
		}
		return broken
	},
	"pods meet the level restricted": func(c cluster) (broken []string) {
		version, err := api.ParseVersion(restricted)
		if err != nil {
			return []string{err.Error()}
		}
		evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
		if err != nil {
			return []string{err.Error()}
		}
		for _, p := range c.pods {
			level := api.LevelVersion{Level: api.LevelRestricted, Version: version}
			if result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &p.ObjectMeta, &p.PodSpec)); !result.Allowed {
				broken = append(broken, p.owner+": "+result.ForbiddenDetail())
			}
		}
		return broken
	},
	"a token is mounted exactly where its account has rights": func(c cluster) (broken []string) {
		for _, p := range c.pods {
			name := p.namespace + "/" + p.ServiceAccountName
			mounted := p.AutomountServiceAccountToken
			if account, ok := c.accounts[name]; ok && mounted == nil {
				mounted = account.AutomountServiceAccountToken
			}
			if mounted == nil || *mounted != c.bound[name] {
				broken = append(broken, fmt.Sprintf("%s as %s: rights %t, want the token mounted so, and said", p.owner, name, c.bound[name]))
			}
		}
		return broken
	},
	"containers are confined beyond that level": eachContainer(func(container corev1.Container) (broken []string) {
		security := container.SecurityContext
		if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
			broken = append(broken, "its root file system can be written")
		}
		if security == nil || security.RunAsUser == nil || *security.RunAsUser == 0 {
			broken = append(broken, "it runs as the user that its image names")
		}
		return broken
	}),
	"containers have resources and probes with a period and a time": eachContainer(func(container corev1.Container) (broken []string) {
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() || container.Resources.Limits.Memory().IsZero() {
			broken = append(broken, "it lacks requests or its limit of memory")
		}
		for name, probe := range map[string]*corev1.Probe{"readiness": container.ReadinessProbe, "liveness": container.LivenessProbe} {
			if probe == nil || probe.PeriodSeconds < 10 || probe.TimeoutSeconds < 2 {
				broken = append(broken, "its probe of "+name+" has no period of 10 s and time of 2 s")
			}
		}
		return broken
	}),
	"images have a digest, or are set at deployment": eachContainer(func(container corev1.Container) []string {
		if container.Image != "kubejobs" && !digest.MatchString(container.Image) {
			return []string{"image " + container.Image}
		}
		return nil
	}),
	"a network policy denies by default, and one allows to each pod what it gets": networkRule,
}

var digest = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)

// eachContainer returns a rule of containers.
func eachContainer(rule func(corev1.Container) []string) func(cluster) []string {
	return func(c cluster) (broken []string) {
		for _, p := range c.pods {
			for _, container := range slices.Concat(p.InitContainers, p.Containers) {
				for _, what := range rule(container) {
					broken = append(broken, p.owner+": "+container.Name+": "+what)
				}
			}
		}
		return broken
	}
}

// networkRule is the rule of the network policies: nothing is allowed by default, every
// pod is allowed some ingress, and no ingress is from everywhere.
func networkRule(c cluster) (broken []string) {
	for _, p := range c.pods {
		denied, allowed := map[networkingv1.PolicyType]bool{}, false
		for _, policy := range c.policies {
			selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
			if err != nil {
				return []string{err.Error()}
			}
			if policy.Namespace != p.namespace || !selector.Matches(labels.Set(p.Labels)) {
				continue
			}
			if selector.Empty() && len(policy.Spec.Ingress)+len(policy.Spec.Egress) == 0 {
				for _, kind := range policy.Spec.PolicyTypes {
					denied[kind] = true
				}
			}
			for _, rule := range policy.Spec.Ingress {
				allowed = true
				if len(rule.From) == 0 {
					broken = append(broken, policy.Name+" allows ingress from everywhere")
				}
			}
			for _, rule := range policy.Spec.Egress {
				if len(rule.To) == 0 || len(rule.Ports) == 0 {
					broken = append(broken, policy.Name+" allows egress to everywhere")
				}
			}
		}
		if !denied[networkingv1.PolicyTypeIngress] || !denied[networkingv1.PolicyTypeEgress] || !allowed {
			broken = append(broken, fmt.Sprintf("%s: denied by default %v, some ingress allowed %t", p.owner, denied, allowed))
		}
	}
	return broken
}

// objects renders a kustomization and returns its objects in their Go types.
func objects(t *testing.T, kustomization string) []any {
	t.Helper()
	var all []any
	for _, rendered := range render(t, kustomization) {
		all = append(all, decode(t, rendered))
	}
	return all
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for name, kustomization := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(objects(t, kustomization))
			if len(c.pods) < 3 {
				t.Errorf("%d pods, want at least three", len(c.pods))
			}
			for _, rule := range slices.Sorted(maps.Keys(rules)) {
				for _, broken := range rules[rule](c) {
					t.Errorf("%s: %s", rule, broken)
				}
			}
		})
	}
}
