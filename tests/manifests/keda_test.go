package manifests_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"sigs.k8s.io/yaml"

	"kubejobs/knative"
	"kubejobs/shared/monitor"
)

// The example decodes strictly into KEDA's own type, passes its checks, and reads a number
// that the forecast has.
func TestKEDA(t *testing.T) {
	t.Parallel()
	text, err := knative.Examples.ReadFile("examples/keda.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var object kedav1alpha1.ScaledObject
	if err := yaml.UnmarshalStrict(text, &object); err != nil {
		t.Fatal(err)
	}
	if object.GroupVersionKind() != kedav1alpha1.SchemeGroupVersion.WithKind("ScaledObject") {
		t.Errorf("it is a %s", object.GroupVersionKind())
	}
	if err := kedav1alpha1.CheckReplicaCountBoundsAreValid(&object); err != nil {
		t.Error(err)
	}
	if err := kedav1alpha1.CheckFallbackValid(&object); err != nil {
		t.Error(err)
	}
	if err := kedav1alpha1.ValidateTriggers(object.Spec.Triggers); err != nil || len(object.Spec.Triggers) != 1 {
		t.Fatalf("%d triggers, %v, want one", len(object.Spec.Triggers), err)
	}
	trigger := object.Spec.Triggers[0]
	asked, err := url.Parse(trigger.Metadata["url"])
	if err != nil || asked.Path != "/monitoring/"+object.Name+"/forecast" || !strings.HasPrefix(asked.Host, "monitor.kubejobs.svc") {
		t.Errorf("url %q, %v", trigger.Metadata["url"], err)
	}
	answer, err := json.Marshal(monitor.Prospect{Recommended: 7})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(answer, &fields); err != nil {
		t.Fatal(err)
	}
	if got := fields[trigger.Metadata["valueLocation"]]; trigger.Type != "metrics-api" || got != 7. {
		t.Errorf("the trigger %s reads %v of %s, want 7", trigger.Type, got, answer)
	}
}
