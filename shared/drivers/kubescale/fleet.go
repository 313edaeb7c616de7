package kubescale

import (
	"context"
	"fmt"
	"time"

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

// The parts of the targets that are decoded. Kubernetes' own types would be a tenth of
// the program.
type (
	replicaSet struct { // a Deployment or a StatefulSet
		Spec struct {
			Replicas *int32 `json:"replicas"`
		} `json:"spec"`
		Status struct {
			Replicas int32 `json:"replicas"`
			Ready    int32 `json:"readyReplicas"`
		} `json:"status"`
	}
	batchJob struct {
		Spec struct {
			Parallelism *int32 `json:"parallelism"`
			Completions *int32 `json:"completions"`
			Suspend     *bool  `json:"suspend"`
		} `json:"spec"`
		Status struct {
			Active     int32      `json:"active"`
			Ready      *int32     `json:"ready"`
			Succeeded  int32      `json:"succeeded"`
			Completed  *time.Time `json:"completionTime"`
			Conditions []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
			} `json:"conditions"`
		} `json:"status"`
	}
)

// fleetOf decodes the replicas of an object of a target's kind.
func fleetOf(object *unstructured.Unstructured) (job.Fleet, error) {
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	if object.GetKind() == job.KindJob {
		var j batchJob
		err := convert(object.Object, &j)
		return ofJob(&j), err
	}
	var r replicaSet
	err := convert(object.Object, &r)
	return replicated(r.Spec.Replicas, r.Status.Replicas, r.Status.Ready), err
}

func replicated(asked *int32, running, ready int32) job.Fleet {
	return job.Fleet{Asked: atLeastZero(orOne(asked)), Running: atLeastZero(running), Working: atLeastZero(ready)}
}

func ofJob(j *batchJob) job.Fleet {
	fleet := replicated(j.Spec.Parallelism, j.Status.Active, j.Status.Active)
	if j.Status.Ready != nil {
		fleet.Working = atLeastZero(*j.Status.Ready)
	}
	if j.Spec.Completions != nil {
		left := atLeastZero(*j.Spec.Completions - j.Status.Succeeded)
		fleet.Most = &left
	}
	fleet.Idle = j.Spec.Suspend != nil && *j.Spec.Suspend || j.Status.Completed != nil
	for _, c := range j.Status.Conditions {
		if c.Status == "True" && (c.Type == "Failed" || c.Type == "Complete") {
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
