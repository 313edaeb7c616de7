package manifests_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Each rule finds what breaks it.
func TestRulesFindWhatBreaksThem(t *testing.T) {
	t.Parallel()
	const (
		labelled  = "the namespace enforces, audits and warns of the level restricted"
		meets     = "pods meet the level restricted"
		token     = "a token is mounted exactly where its account has rights"
		confined  = "containers are confined beyond that level"
		resources = "containers have resources and probes with a period and a time"
		images    = "images have a digest, or are set at deployment"
		network   = "a network policy denies by default, and one allows to each pod what it gets"
	)
	yes := true
	tests := map[string]struct {
		rule string
		harm any // a function of an object, which breaks it
	}{
		"no version":    {labelled, func(n *corev1.Namespace) { delete(n.Labels, "pod-security.kubernetes.io/enforce-version") }},
		"no audit":      {labelled, func(n *corev1.Namespace) { delete(n.Labels, "pod-security.kubernetes.io/audit") }},
		"a lower level": {labelled, func(n *corev1.Namespace) { n.Labels["pod-security.kubernetes.io/warn"] = "baseline" }},
		"no seccomp":    {meets, function(func(c *corev1.Container) { c.SecurityContext.SeccompProfile = nil })},
		"root":          {meets, function(func(c *corev1.Container) { c.SecurityContext.RunAsNonRoot = nil })},
		"escalation":    {meets, function(func(c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = &yes })},
		"capabilities":  {meets, function(func(c *corev1.Container) { c.SecurityContext.Capabilities = nil })},
		"host path": {meets, func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{}}
		}},
		"host network":    {meets, func(d *appsv1.Deployment) { d.Spec.Template.Spec.HostNetwork = true }},
		"unused token":    {token, func(d *appsv1.Deployment) { d.Spec.Template.Spec.AutomountServiceAccountToken = &yes }},
		"unsaid token":    {token, func(d *appsv1.Deployment) { d.Spec.Template.Spec.AutomountServiceAccountToken = nil }},
		"no rights":       {token, func(s *servingv1.Service) { s.Spec.Template.Spec.ServiceAccountName = "" }},
		"missing token":   {token, func(a *corev1.ServiceAccount) { *a.AutomountServiceAccountToken = false }},
		"writable":        {confined, function(func(c *corev1.Container) { c.SecurityContext.ReadOnlyRootFilesystem = nil })},
		"user of image":   {confined, function(func(c *corev1.Container) { c.SecurityContext.RunAsUser = nil })},
		"no memory limit": {resources, function(func(c *corev1.Container) { delete(c.Resources.Limits, corev1.ResourceMemory) })},
		"no request":      {resources, function(func(c *corev1.Container) { c.Resources.Requests = nil })},
		"no probe":        {resources, function(func(c *corev1.Container) { c.ReadinessProbe = nil })},
		"no period":       {resources, function(func(c *corev1.Container) { c.ReadinessProbe.PeriodSeconds = 0 })},
		"no time":         {resources, function(func(c *corev1.Container) { c.LivenessProbe.TimeoutSeconds = 0 })},
		"a tag": {images, func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Containers[0].Image = "docker.io/library/redis:7.4-alpine"
		}},
		"open ingress": {network, func(p *networkingv1.NetworkPolicy) { p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}} }},
		"open egress":  {network, func(p *networkingv1.NetworkPolicy) { p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}} }},
		"no egress rule": {network, func(p *networkingv1.NetworkPolicy) {
			p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		}},
		"other namespace": {network, func(p *networkingv1.NetworkPolicy) { p.Namespace = "default" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := objects(t, "resources: [../dev]")
			if broken := rules[tt.rule](newCluster(all)); len(broken) > 0 {
				t.Fatalf("before: %q", broken)
			}
			for _, object := range all {
				breakObject(object, tt.harm)
			}
			if len(rules[tt.rule](newCluster(all))) == 0 {
				t.Errorf("%s: the rule holds", tt.rule)
			}
		})
	}
}

// function returns a function that breaks the container of a Service.
func function(harm func(*corev1.Container)) func(*servingv1.Service) {
	return func(s *servingv1.Service) { harm(&s.Spec.Template.Spec.Containers[0]) }
}

// breakObject applies harm to an object of its type.
func breakObject(object, harm any) {
	switch harm := harm.(type) {
	case func(*corev1.Namespace):
		apply(object, harm)
	case func(*corev1.ServiceAccount):
		apply(object, harm)
	case func(*appsv1.Deployment):
		apply(object, harm)
	case func(*servingv1.Service):
		apply(object, harm)
	case func(*networkingv1.NetworkPolicy):
		apply(object, harm)
	default:
		panic("no such kind of object")
	}
}

func apply[T any](object any, harm func(T)) {
	if typed, ok := object.(T); ok {
		harm(typed)
	}
}
