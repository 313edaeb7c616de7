// Package batchjob reads the status of Kubernetes Jobs: how many pods are
// active, and whether the Job is complete, failed or suspended.
package batchjob

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
)

// Resource names Jobs in the Kubernetes API.
var Resource = batchv1.SchemeGroupVersion.WithResource("jobs")

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
	status := StatusOf(object)
	status.UID, status.Version = string(object.UID), object.ResourceVersion
	if !object.CreationTimestamp.IsZero() {
		status.Created = object.CreationTimestamp.UnixMilli()
	}
	return status, nil
}

// Get returns a Job, read with one request. The error for a Job that does not
// exist is of kind not found.
func (j *Jobs) Get(ctx context.Context, id job.ID) (*batchv1.Job, error) {
	object, err := j.client.Get(ctx, string(id), metav1.GetOptions{})
	if err != nil {
		return nil, kubeclient.TranslateRight("get", Resource.GroupResource().String(), j.namespace, "get Job "+string(id), err)
	}
	var decoded batchv1.Job
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &decoded); err != nil {
		return nil, fmt.Errorf("decode Job %s: %w", id, err)
	}
	if object.GetKind() != "Job" || decoded.Name != string(id) {
		return nil, fmt.Errorf("decode Job %s: Kubernetes answered with %.80q called %.80q", id, object.GetKind(), decoded.Name)
	}
	return &decoded, nil
}

// StatusOf returns the part of a Job's status that the monitor needs. A Job
// without pods has not started, whatever its start time says.
func StatusOf(object *batchv1.Job) job.KubeStatus {
	status := job.KubeStatus{
		Active:    max(int64(object.Status.Active), 0),
		Started:   object.Status.Active > 0 || object.Status.Succeeded > 0 || object.Status.Failed > 0,
		Suspended: object.Spec.Suspend != nil && *object.Spec.Suspend,
	}
	if ready := object.Status.Ready; ready != nil {
		status.Ready = atLeastZero(*ready)
	}
	if asked := object.Spec.Parallelism; asked != nil {
		status.Parallelism = atLeastZero(*asked)
	}
	if all := object.Spec.Completions; all != nil {
		status.Left = atLeastZero(*all - max(object.Status.Succeeded, 0))
	}
	for _, condition := range object.Status.Conditions {
		if condition.Status != corev1.ConditionTrue {
			continue
		}
		switch condition.Type {
		case batchv1.JobComplete:
			status.Complete = true
		case batchv1.JobFailed:
			status.Failed = true
			status.Reason = failure.Clean(condition.Reason)
		case batchv1.JobSuspended, batchv1.JobFailureTarget, batchv1.JobSuccessCriteriaMet:
		}
	}
	return status
}

func atLeastZero(n int32) *int64 {
	whole := int64(max(n, 0))
	return &whole
}
