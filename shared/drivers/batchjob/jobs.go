// Package batchjob answers how a Kubernetes Job is: how many pods are active,
// and whether it is complete.
package batchjob

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
)

// Resource is that of Jobs.
var Resource = batchv1.SchemeGroupVersion.WithResource("jobs")

// Jobs is a monitor.Jobs on the Kubernetes API.
type Jobs struct{ client dynamic.ResourceInterface }

var _ monitor.Jobs = (*Jobs)(nil)

// New is Jobs of a namespace.
func New(client dynamic.Interface, namespace string) *Jobs {
	return &Jobs{client: client.Resource(Resource).Namespace(namespace)}
}

// Status reads a Job: one request.
func (j *Jobs) Status(ctx context.Context, id monitor.JobID) (monitor.JobStatus, error) {
	job, err := j.Get(ctx, id)
	if err != nil {
		return monitor.JobStatus{}, err
	}
	return StatusOf(job), nil
}

// Get reads a Job: one request. The error of one that does not exist is of kind
// not found.
func (j *Jobs) Get(ctx context.Context, id monitor.JobID) (*batchv1.Job, error) {
	object, err := j.client.Get(ctx, string(id), metav1.GetOptions{})
	if err != nil {
		return nil, kubeclient.Translate("get Job "+string(id), err)
	}
	var job batchv1.Job
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &job); err != nil {
		return nil, fmt.Errorf("decode Job %s: %w", id, err)
	}
	return &job, nil
}

// StatusOf is what the monitor wants to know of a Job: pure. A Job without pods
// yet has not started, whatever its start time says.
func StatusOf(job *batchv1.Job) monitor.JobStatus {
	status := monitor.JobStatus{
		Active:    int64(job.Status.Active),
		Started:   job.Status.Active > 0 || job.Status.Succeeded > 0 || job.Status.Failed > 0,
		Suspended: job.Spec.Suspend != nil && *job.Spec.Suspend,
	}
	for _, condition := range job.Status.Conditions {
		if condition.Status != corev1.ConditionTrue {
			continue
		}
		switch condition.Type {
		case batchv1.JobComplete:
			status.Complete = true
		case batchv1.JobFailed:
			status.Failed = true
			status.Reason = condition.Reason
		case batchv1.JobSuspended, batchv1.JobFailureTarget, batchv1.JobSuccessCriteriaMet:
		}
	}
	return status
}

// Parse reads a Job from JSON: its namespace, its id, its status and its
// version, which rises with its changes.
func Parse(text []byte) (namespace string, id monitor.JobID, status monitor.JobStatus, version uint64, err error) {
	var job batchv1.Job
	if err := json.Unmarshal(text, &job); err != nil {
		return "", "", monitor.JobStatus{}, 0, fmt.Errorf("decode Job: %w", err)
	}
	if id, err = monitor.ParseJobID(job.Name); err != nil {
		return "", "", monitor.JobStatus{}, 0, err
	}
	if version, err = strconv.ParseUint(job.ResourceVersion, 10, 64); err != nil {
		return "", "", monitor.JobStatus{}, 0, fmt.Errorf("decode Job %s: resource version: %w", id, err)
	}
	return job.Namespace, id, StatusOf(&job), version, nil
}
