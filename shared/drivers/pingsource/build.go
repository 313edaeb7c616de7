// Package pingsource ticks jobs in a cluster: it creates a Knative PingSource for
// each job.
package pingsource

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Resource names PingSources in the Kubernetes API.
var Resource = schema.GroupVersionResource{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"}

// Labels of every PingSource that kubejobs creates: those that Kubernetes
// recommends. The instance is the job's id.
const (
	labelName      = "app.kubernetes.io/name"
	labelInstance  = "app.kubernetes.io/instance"
	labelComponent = "app.kubernetes.io/component"
	labelPartOf    = "app.kubernetes.io/part-of"
	labelManagedBy = "app.kubernetes.io/managed-by"

	managedBy = "kubejobs"
	component = "tick"
)

// Selector selects the PingSources that kubejobs created.
const Selector = labelManagedBy + "=" + managedBy + "," + labelComponent + "=" + component

// namePrefix is before the job's id in a PingSource's name. The API server lists
// by name, so PingSources come in the order of monitor.ListOrder.
const namePrefix = "kubejobs-"

// Name returns the name of the PingSource of one life of a job: the id, a point
// and the life. Another life has another name, so that an object that ends
// slowly, behind a finalizer, is never in the way of a later life's, and that
// deleting one cannot hit the other. Life 0 is a PingSource of a version that
// named it by the id alone.
func Name(id job.ID, life int64) string {
	if life == 0 {
		return namePrefix + string(id)
	}
	return namePrefix + monitor.ListOrder(id) + strconv.FormatInt(life, 36)
}

// parseName returns the id and the life of the PingSource with a name; false if
// it is not one of ours. A life has one spelling: by another one Unschedule would not
// find the object.
func parseName(name string) (job.ID, int64, bool) {
	text, ours := strings.CutPrefix(name, namePrefix)
	text, suffix, hasLife := strings.Cut(text, ".")
	id, err := job.ParseID(text)
	if !ours || err != nil {
		return "", 0, false
	}
	if !hasLife {
		return id, 0, true
	}
	life, err := strconv.ParseInt(suffix, 36, 64)
	return id, life, err == nil && life > 0 && name == Name(id, life)
}

// PingSource is the part of Knative's object that kubejobs writes.
type PingSource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Spec is the spec of a PingSource.
type Spec struct {
	Sink        Destination `json:"sink"`
	Schedule    string      `json:"schedule"`
	ContentType string      `json:"contentType"`
	Data        string      `json:"data"`
}

// Owner identifies the Kubernetes Job with which a PingSource is deleted.
type Owner struct {
	Name string
	UID  string
}

// Build returns the PingSource of a job. owner may be nil. Its data is the id and
// the life only, as a cluster may limit the size of the data.
func Build(spec job.Spec, namespace string, sink Destination, owner *Owner) (*PingSource, error) {
	data, err := json.Marshal(struct {
		ID   job.ID `json:"app_id"`
		Life int64  `json:"life"`
	}{spec.ID, spec.Life()})
	if err != nil {
		return nil, fmt.Errorf("build PingSource: %w", err)
	}
	source := &PingSource{
		TypeMeta: metav1.TypeMeta{APIVersion: Resource.GroupVersion().String(), Kind: "PingSource"},
		ObjectMeta: metav1.ObjectMeta{
			Name: Name(spec.ID, spec.Life()), Namespace: namespace,
			Labels: map[string]string{
				labelName: managedBy, labelInstance: string(spec.ID), labelComponent: component,
				labelPartOf: managedBy, labelManagedBy: managedBy,
			},
		},
		Spec: Spec{
			Sink:        sink,
			Schedule:    spec.Schedule().Cron,
			ContentType: "application/json",
			Data:        string(data),
		},
	}
	if owner != nil {
		source.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: "batch/v1", Kind: "Job", Name: owner.Name, UID: types.UID(owner.UID),
		}}
	}
	return source, nil
}
