package batchjob

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// maxUID bounds the UID of a Job, which is stored. Kubernetes' have 36 bytes.
const maxUID = 64

// object is the part of a Job that is decoded from an event. Everything else is
// skipped: the template of the pods may have a megabyte.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name            string    `json:"name"`
		Namespace       string    `json:"namespace"`
		UID             string    `json:"uid"`
		ResourceVersion string    `json:"resourceVersion"`
		Created         time.Time `json:"creationTimestamp"`
	} `json:"metadata"`
	Spec struct {
		Suspend     *bool  `json:"suspend"`
		Parallelism *int32 `json:"parallelism"`
		Completions *int32 `json:"completions"`
	} `json:"spec"`
	Status struct {
		Active     int32  `json:"active"`
		Ready      *int32 `json:"ready"`
		Succeeded  int32  `json:"succeeded"`
		Failed     int32  `json:"failed"`
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
			Reason string `json:"reason"`
		} `json:"conditions"`
	} `json:"status"`
}

// status returns the status of a decoded Job.
func (o *object) status() job.KubeStatus {
	decoded := &batchv1.Job{
		Spec: batchv1.JobSpec{Suspend: o.Spec.Suspend, Parallelism: o.Spec.Parallelism, Completions: o.Spec.Completions},
		Status: batchv1.JobStatus{
			Active: o.Status.Active, Ready: o.Status.Ready, Succeeded: o.Status.Succeeded, Failed: o.Status.Failed,
		},
	}
	for _, c := range o.Status.Conditions {
		decoded.Status.Conditions = append(decoded.Status.Conditions, batchv1.JobCondition{
			Type: batchv1.JobConditionType(c.Type), Status: corev1.ConditionStatus(c.Status), Reason: c.Reason,
		})
	}
	status := StatusOf(decoded)
	status.UID, status.Version = o.Metadata.UID, o.Metadata.ResourceVersion
	if created := o.Metadata.Created; !created.IsZero() {
		status.Created = created.UnixMilli()
	}
	return status
}

// Parse decodes a Job from JSON. The version that it returns rises with each
// change of the Job. The error is of kind invalid for what is no Job that can be
// monitored.
func Parse(text []byte) (namespace string, id job.ID, status job.KubeStatus, version uint64, err error) {
	refuse := func(err error) (string, job.ID, job.KubeStatus, uint64, error) {
		return "", "", job.KubeStatus{}, 0, err
	}
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		return refuse(fmt.Errorf("decode Job: %w", err))
	}
	if o.Kind != "" && o.Kind != "Job" {
		return refuse(failure.InvalidField("kind", "want Job, got %.80q", o.Kind))
	}
	if id, err = job.ParseID(o.Metadata.Name); err != nil {
		return refuse(err)
	}
	// Versions are revisions of etcd, which are int64.
	version, err = strconv.ParseUint(o.Metadata.ResourceVersion, 10, 63)
	switch {
	case err != nil:
		return refuse(fmt.Errorf("decode Job %s: resource version %.80q", id, o.Metadata.ResourceVersion))
	case len(o.Metadata.UID) > maxUID:
		return refuse(fmt.Errorf("decode Job %s: a UID of %d bytes", id, len(o.Metadata.UID)))
	case o.Status.Active < 0:
		return refuse(fmt.Errorf("decode Job %s: %d active pods", id, o.Status.Active))
	}
	return o.Metadata.Namespace, id, o.status(), version, nil
}
