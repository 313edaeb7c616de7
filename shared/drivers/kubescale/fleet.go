package kubescale

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubeclient"
)

// Fleet implements monitor.Fleets.
func (s *Scaler) Fleet(ctx context.Context, target job.Target) (job.Fleet, error) {
	of, err := resourceOf(target.Kind)
	if err != nil {
		return job.Fleet{}, err
	}
	object, err := s.client.Resource(of).Namespace(s.namespace).Get(ctx, target.Name, metav1.GetOptions{})
	if err != nil {
		return job.Fleet{}, kubeclient.TranslateRight("get", of.GroupResource().String(), s.namespace, "get "+target.String(), err)
	}
	if object.GetKind() != target.Kind || object.GetName() != target.Name {
		return job.Fleet{}, fmt.Errorf("decode %s: Kubernetes answered with %.80q called %.80q", target, object.GetKind(), object.GetName())
	}
	fleet, err := fleetOf(object)
	if err != nil {
		return job.Fleet{}, fmt.Errorf("decode %s: %w", target, err)
	}
	fleet.Version = object.GetResourceVersion()
	return fleet, nil
}

// fleetOf decodes the replicas of an object of a target's kind.
func fleetOf(object *unstructured.Unstructured) (job.Fleet, error) {
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	switch object.GetKind() {
	case job.KindDeployment:
		var d appsv1.Deployment
		err := convert(object.Object, &d)
		return replicated(d.Spec.Replicas, d.Status.Replicas, d.Status.ReadyReplicas), err
	case job.KindStatefulSet:
		var s appsv1.StatefulSet
		err := convert(object.Object, &s)
		return replicated(s.Spec.Replicas, s.Status.Replicas, s.Status.ReadyReplicas), err
	default:
		var j batchv1.Job
		err := convert(object.Object, &j)
		return ofJob(&j), err
	}
}

func replicated(asked *int32, running, ready int32) job.Fleet {
	return job.Fleet{Asked: atLeastZero(orOne(asked)), Running: atLeastZero(running), Working: atLeastZero(ready)}
}

func ofJob(j *batchv1.Job) job.Fleet {
	fleet := replicated(j.Spec.Parallelism, j.Status.Active, j.Status.Active)
	if j.Status.Ready != nil {
		fleet.Working = atLeastZero(*j.Status.Ready)
	}
	if j.Spec.Completions != nil {
		left := atLeastZero(*j.Spec.Completions - j.Status.Succeeded)
		fleet.Most = &left
	}
	fleet.Idle = j.Spec.Suspend != nil && *j.Spec.Suspend || j.Status.CompletionTime != nil
	for _, c := range j.Status.Conditions {
		if c.Status == "True" && (c.Type == batchv1.JobFailed || c.Type == batchv1.JobComplete) {
			fleet.Idle = true
		}
	}
	return fleet
}

// orOne returns what Kubernetes takes for a number of replicas that is not given.
func orOne(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func atLeastZero(n int32) int64 { return int64(max(n, 0)) }
