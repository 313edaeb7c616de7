package batchjob

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// maxUID bounds the UID of a Job, which is stored. Kubernetes' have 36 bytes.
const maxUID = 64

// Object is the part of a Job that is decoded. Everything else is skipped: the
// template of the pods may have a megabyte, and Kubernetes' own types, which include
// it, would be a tenth of the program.
type Object struct {
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

// Parse decodes a Job from JSON. The version that it returns rises with each
// change of the Job. The error is of kind invalid for what is no Job that can be
// monitored.
func Parse(text []byte) (namespace string, id job.ID, status job.KubeStatus, version uint64, err error) {
	refuse := func(err error) (string, job.ID, job.KubeStatus, uint64, error) {
		return "", "", job.KubeStatus{}, 0, err
	}
	var o Object
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
