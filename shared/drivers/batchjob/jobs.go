// Package batchjob reads the status of Kubernetes Jobs: how many pods are
// active, and whether the Job is complete, failed or suspended.
package batchjob

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
)

// Resource names Jobs in the Kubernetes API.
var Resource = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}

// Jobs reads the Jobs of one namespace.
type Jobs struct {
	client    dynamic.ResourceInterface
	namespace string
}

var _ monitor.KubeJobs = (*Jobs)(nil)

// New returns a reader of the Jobs in namespace.
func New(client dynamic.Interface, namespace string) *Jobs {
	return &Jobs{client: client.Resource(Resource).Namespace(namespace), namespace: namespace}
}

// Status implements monitor.KubeJobs with one request.
func (j *Jobs) Status(ctx context.Context, id job.ID) (job.KubeStatus, error) {
	object, err := j.Get(ctx, id)
	if err != nil {
		return job.KubeStatus{}, err
	}
	return object.status(), nil
}

// Get returns a Job, read with one request. The error for a Job that does not
// exist is of kind not found.
func (j *Jobs) Get(ctx context.Context, id job.ID) (*Object, error) {
	object, err := j.client.Get(ctx, string(id), metav1.GetOptions{})
	if err != nil {
		return nil, kubeclient.TranslateRight("get", Resource.GroupResource().String(), j.namespace, "get Job "+string(id), err)
	}
	var decoded Object
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &decoded); err != nil {
		return nil, fmt.Errorf("decode Job %s: %w", id, err)
	}
	if object.GetKind() != "Job" || decoded.Metadata.Name != string(id) {
		return nil, fmt.Errorf("decode Job %s: Kubernetes answered with %.80q called %.80q", id, object.GetKind(), decoded.Metadata.Name)
	}
	return &decoded, nil
}

// status returns the part of a Job's status that the monitor needs. A Job without
// pods has not started, whatever its start time says.
func (o *Object) status() job.KubeStatus {
	status := job.KubeStatus{
		UID: o.Metadata.UID, Version: o.Metadata.ResourceVersion,
		Active:    max(int64(o.Status.Active), 0),
		Started:   o.Status.Active > 0 || o.Status.Succeeded > 0 || o.Status.Failed > 0,
		Suspended: o.Spec.Suspend != nil && *o.Spec.Suspend,
	}
	if created := o.Metadata.Created; !created.IsZero() {
		status.Created = created.UnixMilli()
	}
	if ready := o.Status.Ready; ready != nil {
		status.Ready = atLeastZero(*ready)
	}
	if asked := o.Spec.Parallelism; asked != nil {
		status.Parallelism = atLeastZero(*asked)
	}
	if all := o.Spec.Completions; all != nil {
		status.Left = atLeastZero(*all - max(o.Status.Succeeded, 0))
	}
	for _, condition := range o.Status.Conditions {
		if condition.Status != "True" {
			continue
		}
		switch condition.Type {
		case "Complete":
			status.Complete = true
		case "Failed":
			status.Failed = true
			status.Reason = failure.Clean(condition.Reason)
		}
	}
	return status
}

func atLeastZero(n int32) *int64 {
	whole := int64(max(n, 0))
	return &whole
}
