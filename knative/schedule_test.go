package knative_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"kubejobs/knative"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/platform/config"
)

func TestSweepIsScheduled(t *testing.T) {
	t.Parallel()
	d := documents(t, "base/600-sweep-schedule.yaml")[0]
	var source pingsource.PingSource
	d.into(t, &source)
	var data map[string]any
	if err := yaml.Unmarshal([]byte(source.Spec.Data), &data); err != nil || data == nil || !strings.HasPrefix(source.Spec.Data, "{") {
		t.Errorf("data %q is not a JSON object: %v", source.Spec.Data, err)
	}
	if source.Spec.ContentType != "application/json" {
		t.Errorf("content type %q", source.Spec.ContentType)
	}
	want, err := pingsource.ParseSink("ksvc/"+config.TargetSweep, services(t)[config.TargetSweep].Namespace)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, source.Spec.Sink); diff != "" {
		t.Errorf("sink (-want +got):\n%s", diff)
	}
	// The sweep deletes each schedule that its selector matches and that has no job.
	selector, err := labels.Parse(pingsource.Selector)
	if err != nil {
		t.Fatal(err)
	}
	text, err := knative.Manifests.ReadFile("base/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var kustomization struct {
		Labels []struct {
			Pairs map[string]string `json:"pairs"`
		} `json:"labels"`
	}
	if err := yaml.Unmarshal(text, &kustomization); err != nil {
		t.Fatal(err)
	}
	for _, added := range kustomization.Labels {
		for label, value := range added.Pairs {
			source.Labels[label] = value
		}
	}
	if selector.Matches(labels.Set(source.Labels)) {
		t.Errorf("the selector of jobs' schedules matches the sweep's own PingSource, labelled %v", source.Labels)
	}
}
