package secrets

import (
	"context"
	"encoding/base64"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/kubeclient"
)

// types are the types of Secrets that hold credentials for a server. Those of others are
// Kubernetes' own, such as the token of a ServiceAccount, and are sent to nobody.
var types = []string{"", "Opaque", "kubernetes.io/basic-auth", "kubernetes.io/tls"}

// Kube is a Source: the Secrets of one namespace. It needs the right to get them.
type Kube struct {
	client    dynamic.ResourceInterface
	namespace string
}

// InNamespace returns the Secrets of a namespace.
func InNamespace(client dynamic.Interface, namespace string) *Kube {
	secrets := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	return &Kube{client.Resource(secrets).Namespace(namespace), namespace}
}

// Read implements Source. It gets one Secret by its name.
func (k *Kube) Read(ctx context.Context, name string) (map[string][]byte, error) {
	shown := failure.Shorten(name, maxName)
	object, err := k.client.Get(ctx, name, metav1.GetOptions{})
	err = kubeclient.TranslateRight("get", "secrets", k.namespace, "read the Secret "+shown, err)
	switch {
	case failure.KindOf(err) == failure.KindNotFound:
		return nil, failure.Refused("the Secret "+shown+" does not exist in the namespace "+k.namespace, err)
	case err != nil:
		return nil, prefixed("cannot read the Secret "+shown+": ", err)
	}
	if kind, _, _ := unstructured.NestedString(object.Object, "type"); !slices.Contains(types, kind) {
		return nil, failure.Refused("the Secret "+shown+" is of a type that holds no credentials of a Redis or an InfluxDB", nil)
	}
	data, _, _ := unstructured.NestedStringMap(object.Object, "data")
	values := map[string][]byte{}
	for _, key := range credential.Keys() {
		if values[key], err = base64.StdEncoding.DecodeString(data[key]); err != nil {
			return nil, failure.Refused("the Secret "+shown+" has a value in "+key+" that is not in base64", nil)
		}
	}
	return values, nil
}

// prefixed returns an error with a longer message, of the same kind.
func prefixed(prefix string, err error) error {
	return &failure.Error{Kind: failure.KindOf(err), Message: prefix + public(err), Err: failure.Hide(err)}
}
