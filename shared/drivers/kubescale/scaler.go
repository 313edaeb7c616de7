// Package kubescale reads and changes how many pods a Job, a Deployment or a StatefulSet
// in Kubernetes asks for.
package kubescale

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
)

// Scaler reads and changes the targets of jobs in one namespace.
type Scaler struct {
	client    dynamic.Interface
	namespace string
}

var (
	_ monitor.Actuator = (*Scaler)(nil)
	_ monitor.Fleets   = (*Scaler)(nil)
)

// New returns a Scaler for the objects in namespace.
func New(client dynamic.Interface, namespace string) *Scaler {
	return &Scaler{client: client, namespace: namespace}
}

// resourceOf returns the resource of a kind of target.
func resourceOf(kind string) (schema.GroupVersionResource, error) {
	switch kind {
	case job.KindJob:
		return schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, nil
	case job.KindDeployment:
		return schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, nil
	case job.KindStatefulSet:
		return schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}, nil
	}
	return schema.GroupVersionResource{}, fmt.Errorf("no target is of the kind %.80q", kind)
}

// Scale implements monitor.Actuator with one PATCH: of spec.parallelism of a Job, else of
// the subresource scale. The patch names the version of the object that was observed, so
// that one that comes late changes nothing that happened since: the error is of kind
// conflict then.
func (s *Scaler) Scale(ctx context.Context, spec job.Spec, order job.Order) error {
	target := *spec.Control.Target
	of, err := resourceOf(target.Kind)
	if err != nil {
		return err
	}
	field, resource := "replicas", of.GroupResource().String()
	var subresources []string
	if target.Kind == job.KindJob {
		field = "parallelism"
	} else {
		subresources = []string{"scale"}
		resource = of.Resource + "/scale." + of.Group
	}
	_, err = s.client.Resource(of).Namespace(s.namespace).Patch(ctx, target.Name, types.MergePatchType,
		patch(order, field), metav1.PatchOptions{FieldManager: "kubejobs"}, subresources...)
	err = kubeclient.TranslateRight("patch", resource, s.namespace, "scale "+target.String(), err)
	if failure.KindOf(err) == failure.KindNotFound {
		return &failure.Error{Kind: failure.KindNotFound, Message: "the " + target.String() + " does not exist", Err: err}
	}
	return err
}

// patch returns the merge patch of an order.
func patch(order job.Order, field string) []byte {
	metadata := map[string]string{}
	if order.From.Version != "" {
		metadata["resourceVersion"] = order.From.Version
	}
	text, err := json.Marshal(map[string]any{"metadata": metadata, "spec": map[string]int64{field: order.Replicas}})
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return text
}
