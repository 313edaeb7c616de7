package manifests_test

import "testing"

// With the component, each source that the manifests have names the audience that the
// functions expect.
func TestSourcesNameTheAudience(t *testing.T) {
	t.Parallel()
	named := 0
	for _, object := range render(t, overlays(t)["oidc, job-events"]) {
		content, err := object.Map()
		if err != nil {
			t.Fatal(err)
		}
		switch object.GetKind() {
		case "PingSource", "ApiServerSource":
			sink, _ := content["spec"].(map[string]any)["sink"].(map[string]any)
			if named++; sink["audience"] != "kubejobs-tick" {
				t.Errorf("%s %s has the sink %v", object.GetKind(), object.GetName(), sink)
			}
		case "ConfigMap":
			if data, _ := content["data"].(map[string]any); object.GetName() == "kubejobs" && data["TICK_AUDIENCE"] != "kubejobs-tick" {
				t.Errorf("the settings are %v", data)
			}
		}
	}
	if named != 2 {
		t.Errorf("%d sources, want 2", named)
	}
}
