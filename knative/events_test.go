package knative_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish/cloudevent"
)

// trigger holds the fields of a Knative Trigger that this project uses.
type trigger struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Broker  string `json:"broker"`
		Filters []struct {
			Any []struct {
				Exact map[string]string `json:"exact"`
			} `json:"any"`
		} `json:"filters"`
		Subscriber duckv1.Destination `json:"subscriber"`
	} `json:"spec"`
}

// sinkBinding holds the fields of a Knative SinkBinding that this project uses.
type sinkBinding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Subject struct {
			APIVersion string                `json:"apiVersion"`
			Kind       string                `json:"kind"`
			Selector   *metav1.LabelSelector `json:"selector"`
		} `json:"subject"`
		Sink duckv1.Destination `json:"sink"`
	} `json:"spec"`
}

// The Trigger filters types that the program sends, from the Broker that the
// functions are bound to.
func TestEventsComponent(t *testing.T) {
	t.Parallel()
	var broker string
	var bound sinkBinding
	var alarm trigger
	for _, d := range documents(t, "components/events/*") {
		switch d.Kind {
		case "Broker":
			broker = d.Name
		case "SinkBinding":
			d.into(t, &bound)
		case "Trigger":
			d.into(t, &alarm)
		}
	}
	if broker == "" || bound.Spec.Sink.Ref.Name != broker || alarm.Spec.Broker != broker {
		t.Errorf("the Broker is %q, the functions are bound to %q, the Trigger reads from %q",
			broker, bound.Spec.Sink.Ref.Name, alarm.Spec.Broker)
	}
	sent := map[string]bool{}
	for _, kind := range cloudevent.Kinds() {
		sent[cloudevent.Type(kind)] = true
	}
	got := map[string]bool{}
	for _, filter := range alarm.Spec.Filters[0].Any {
		got[filter.Exact["type"]] = sent[filter.Exact["type"]]
	}
	want := map[string]bool{}
	for _, kind := range []job.EventKind{job.EventAtRisk, job.EventStalled, job.EventFailed} {
		want[cloudevent.Type(kind)] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types, and whether they are sent (-want +got):\n%s", diff)
	}
	selector := bound.Spec.Subject.Selector.MatchLabels
	for name, s := range services(t) {
		for label, value := range selector {
			if s.Labels[label] != value || bound.Spec.Subject.Kind != s.Kind || bound.Spec.Subject.APIVersion != s.APIVersion {
				t.Errorf("%s is not bound by %v", name, slices.Sorted(maps.Keys(selector)))
			}
		}
	}
}
