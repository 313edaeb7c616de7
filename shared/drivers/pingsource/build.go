// Package pingsource schedules ticks in a cluster, with a Knative PingSource for each
// job.
package pingsource

import (
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"kubejobs/shared/core/job"
)

// Resource is the resource of PingSources.
var Resource = schema.GroupVersionResource{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}

// Labels of every PingSource of this package: those that Kubernetes recommends, and
// the job's id.
const (
	labelName      = "app.kubernetes.io/name"
	labelInstance  = "app.kubernetes.io/instance"
	labelComponent = "app.kubernetes.io/component"
	labelPartOf    = "app.kubernetes.io/part-of"
	labelManagedBy = "app.kubernetes.io/managed-by"

	managedBy = "kubejobs"
	component = "tick"
)

// Selector selects every PingSource of this package.
const Selector = labelManagedBy + "=" + managedBy + "," + labelComponent + "=" + component

// namePrefix precedes the job's id in the name of a PingSource. The API server lists
// by name, so PingSources are in the order of their jobs' ids.
const namePrefix = "kubejobs-"

// Name returns the name of a job's PingSource.
func Name(id job.ID) string { return namePrefix + string(id) }

// PingSource holds the fields of Knative's object that this package writes.
type PingSource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Spec is the spec of a PingSource.
type Spec struct {
	duckv1.SourceSpec `json:",inline"`
	Schedule          string `json:"schedule"`
	ContentType       string `json:"contentType"`
	Data              string `json:"data"`
}

// Owner is the Kubernetes Job whose deletion deletes a PingSource.
type Owner struct {
	Name string
	UID  types.UID
}

// Build returns the PingSource of a job. owner may be nil. Its data is only the id,
// as a cluster may limit the size of the data.
func Build(spec job.Spec, namespace string, sink duckv1.Destination, owner *Owner) (*PingSource, error) {
	data, err := json.Marshal(map[string]string{"app_id": string(spec.ID)})
	if err != nil {
		return nil, fmt.Errorf("build PingSource: %w", err)
	}
	source := &PingSource{
		TypeMeta: metav1.TypeMeta{APIVersion: Resource.GroupVersion().String(), Kind: "PingSource"},
		ObjectMeta: metav1.ObjectMeta{
			Name: Name(spec.ID), Namespace: namespace,
			Labels: map[string]string{
				labelName: managedBy, labelInstance: string(spec.ID), labelComponent: component,
				labelPartOf: managedBy, labelManagedBy: managedBy,
			},
		},
		Spec: Spec{
			SourceSpec:  duckv1.SourceSpec{Sink: sink},
			Schedule:    spec.Schedule().Cron,
			ContentType: "application/json",
			Data:        string(data),
		},
	}
	if owner != nil {
		source.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: "batch/v1", Kind: "Job", Name: owner.Name, UID: owner.UID,
		}}
	}
	return source, nil
}

// ParseSink reads the destination of ticks: "ksvc/NAME[/path]" is a Knative Service
// in namespace, anything else a URL.
func ParseSink(text, namespace string) (duckv1.Destination, error) {
	if name, ok := strings.CutPrefix(text, "ksvc/"); ok {
		name, path, _ := strings.Cut(name, "/")
		if _, err := job.ParseID(name); err != nil {
			return duckv1.Destination{}, fmt.Errorf("sink %.80q: want ksvc/NAME", text)
		}
		sink := duckv1.Destination{Ref: &duckv1.KReference{
			APIVersion: "serving.knative.dev/v1", Kind: "Service", Name: name, Namespace: namespace,
		}}
		if path != "" {
			sink.URI = &apis.URL{Path: "/" + path}
		}
		return sink, nil
	}
	target, err := apis.ParseURL(text)
	if err != nil || target == nil || target.Host == "" { // ParseURL returns nil for ""
		return duckv1.Destination{}, fmt.Errorf("sink %.80q: want ksvc/NAME or a URL with a host", text)
	}
	return duckv1.Destination{URI: target}, nil
}
