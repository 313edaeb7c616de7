package manifests_test

import (
	"context"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"knative.dev/eventing/pkg/apis/config"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/yaml"
)

// object is an object that Knative's webhooks default and validate.
type object interface {
	SetDefaults(context.Context)
	Validate(context.Context) *apis.FieldError
}

// empty returns a new object of each kind in the manifests.
var empty = map[string]func() any{
	"v1/ConfigMap":                             func() any { return &corev1.ConfigMap{} },
	"v1/Namespace":                             func() any { return &corev1.Namespace{} },
	"v1/Secret":                                func() any { return &corev1.Secret{} },
	"v1/Service":                               func() any { return &corev1.Service{} },
	"v1/ServiceAccount":                        func() any { return &corev1.ServiceAccount{} },
	"apps/v1/Deployment":                       func() any { return &appsv1.Deployment{} },
	"networking.k8s.io/v1/NetworkPolicy":       func() any { return &networkingv1.NetworkPolicy{} },
	"rbac.authorization.k8s.io/v1/Role":        func() any { return &rbacv1.Role{} },
	"rbac.authorization.k8s.io/v1/RoleBinding": func() any { return &rbacv1.RoleBinding{} },
	"serving.knative.dev/v1/Service":           func() any { return &servingv1.Service{} },
	"sources.knative.dev/v1/ApiServerSource":   func() any { return &sourcesv1.ApiServerSource{} },
	"sources.knative.dev/v1/PingSource":        func() any { return &sourcesv1.PingSource{} },
	"sources.knative.dev/v1/SinkBinding":       func() any { return &sourcesv1.SinkBinding{} },
	"eventing.knative.dev/v1/Broker":           func() any { return &eventingv1.Broker{} },
	"eventing.knative.dev/v1/Trigger":          func() any { return &eventingv1.Trigger{} },
}

// decode decodes a rendered object into the Go type of its kind and refuses unknown
// fields.
func decode(t *testing.T, from *resource.Resource) any {
	t.Helper()
	kind := from.GetApiVersion() + "/" + from.GetKind()
	construct, ok := empty[kind]
	if !ok {
		t.Fatalf("no Go type for the kind %s", kind)
	}
	text, err := from.AsYAML()
	if err != nil {
		t.Fatal(err)
	}
	into := construct()
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s %s: %v", kind, from.GetName(), err)
	}
	return into
}

// installed adds the defaults of an installation of Knative Eventing (ConfigMap
// config-br-defaults) to ctx.
func installed(ctx context.Context) context.Context {
	return config.ToContext(ctx, &config.Config{Defaults: &config.Defaults{ClusterDefaultConfig: &config.DefaultConfig{
		DefaultBrokerClass: "MTChannelBasedBroker",
		BrokerConfig: &config.BrokerConfig{KReference: &duckv1.KReference{
			APIVersion: "v1", Kind: "ConfigMap", Name: "config-br-default-channel", Namespace: "knative-eventing",
		}},
	}}})
}

func TestKnativeAccepts(t *testing.T) {
	t.Parallel()
	for name, kustomization := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := 0
			for _, rendered := range render(t, kustomization) {
				o, ok := decode(t, rendered).(object)
				if !ok {
					continue
				}
				checked++
				o.SetDefaults(installed(t.Context()))
				if err := o.Validate(installed(t.Context())); err != nil {
					t.Errorf("%s %s: %v", rendered.GetKind(), rendered.GetName(), err)
				}
			}
			if checked < 4 {
				t.Errorf("Knative validated %d objects, want at least three Services and a PingSource", checked)
			}
		})
	}
}
