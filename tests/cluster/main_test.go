package cluster_test

import (
	"fmt"
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/tests/cluster"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

// plane is the control plane that tests share, except for those that stop their own.
var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, &plane, cluster.PingSource))
}

var (
	jobs       = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
)

const job = `
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, image: work}]
`

// pingSource returns a PingSource that ticks every second.
func pingSource(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "sources.knative.dev/v1",
		"kind":       "PingSource",
		"metadata":   map[string]any{"name": name},
		"spec": map[string]any{
			"schedule":    "* * * * * *",
			"contentType": "application/json",
			"data":        fmt.Sprintf(`{"app_id":%q}`, name),
			"sink": map[string]any{
				"ref": map[string]any{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "kubejobs"},
				"uri": "/tick",
			},
		},
	}}
}

// clientOf returns a client with a user's configuration.
func clientOf(t *testing.T, config *rest.Config) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// create creates a PingSource as Knative's Go client does.
func create(t *testing.T, client dynamic.Interface, namespace string, object *unstructured.Unstructured) error {
	t.Helper()
	_, err := client.Resource(adapter.PingSources).Namespace(namespace).Create(t.Context(), object,
		metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	return err
}

// mustCreate creates PingSources.
func mustCreate(t *testing.T, p *controlplane.ControlPlane, namespace string, sources ...*unstructured.Unstructured) {
	t.Helper()
	for _, source := range sources {
		if err := create(t, p.Dynamic(), namespace, source); err != nil {
			t.Fatal(err)
		}
	}
}

// mayCreate allows the service account "monitor" to create and delete PingSources.
const mayCreate = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: monitor}
rules:
  - apiGroups: [sources.knative.dev]
    resources: [pingsources]
    verbs: [create, delete]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: monitor}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: monitor}
subjects: [{kind: ServiceAccount, name: monitor}]
`

// monitor returns a client of that service account.
func monitor(t *testing.T, p *controlplane.ControlPlane, namespace string) dynamic.Interface {
	t.Helper()
	config := p.ServiceAccountConfig(t, namespace, "monitor")
	p.ApplyIn(t, namespace, []byte(mayCreate))
	user := controlplane.ServiceAccountUser(namespace, "monitor")
	for _, verb := range []string{"create", "delete"} {
		p.AwaitAccess(t, user, namespace, verb, adapter.PingSources.GroupResource().String())
	}
	return clientOf(t, config)
}
