package knative_test

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"kubejobs/knative"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
)

// Knative's defaults: how much of containerConcurrency, in percent, makes it start
// another instance, and how long queue-proxy waits for late requests at the end.
const (
	targetPercent = 70
	drainSeconds  = 30
)

// Streams and starts that wait leave an instance room for other calls, and Knative
// starts another instance before streams are refused.
func TestStreamsLeaveRoom(t *testing.T) {
	t.Parallel()
	s := services(t)[config.TargetMonitor]
	concurrency := s.Spec.Template.Spec.ContainerConcurrency
	target := concurrency * targetPercent / 100
	if text, ok := s.Spec.Template.Annotations["autoscaling.knative.dev/target"]; ok {
		own, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		target = own * targetPercent / 100
	}
	if httpapi.DefaultStreams > concurrency-10 || httpapi.DefaultStreams <= target {
		t.Errorf("%d streams with containerConcurrency %d, which scales at %d: want more than that, and at most 10 below containerConcurrency",
			httpapi.DefaultStreams, concurrency, target)
	}
	if free := concurrency - httpapi.DefaultStreams - monitor.MaxWaiting; free < 5 {
		t.Errorf("%d streams and %d starts that wait leave %d of %d requests for others, want at least 5",
			httpapi.DefaultStreams, monitor.MaxWaiting, free, concurrency)
	}
}

// A pod may end for timeoutSeconds: queue-proxy's wait and then the program's end.
func TestTimeoutsCoverTheEnd(t *testing.T) {
	t.Parallel()
	const program = 16 // seconds: requests in flight 12, ticks 1, publishers 1, telemetry 2
	for name, s := range services(t) {
		spec := s.Spec.Template.Spec
		if spec.TimeoutSeconds < drainSeconds+program {
			t.Errorf("%s: timeoutSeconds %d, want at least %d", name, spec.TimeoutSeconds, drainSeconds+program)
		}
		if spec.IdleTimeoutSeconds == nil || spec.ResponseStartTimeoutSeconds == nil {
			t.Errorf("%s: the cluster's defaults decide when a request times out", name)
		}
		for what, probe := range map[string]int32{
			"readiness period": spec.Containers[0].ReadinessProbe.PeriodSeconds - 10,
			"readiness time":   spec.Containers[0].ReadinessProbe.TimeoutSeconds - 2,
			"liveness period":  spec.Containers[0].LivenessProbe.PeriodSeconds - 10,
			"liveness time":    spec.Containers[0].LivenessProbe.TimeoutSeconds - 2,
		} {
			if probe != 0 {
				t.Errorf("%s: %s is off by %d", name, what, probe)
			}
		}
	}
}

// A patch is one document a file: the kustomize in kubectl 1.32 (5.5) panics on several
// that delete.
func TestPatchesAreOneDocument(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(knative.Manifests, "*/*/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		text, err := knative.Manifests.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kustomization struct {
			Patches []struct{ Path, Patch string } `json:"patches"`
		}
		if err := yaml.Unmarshal(text, &kustomization); err != nil {
			t.Fatal(err)
		}
		for _, patch := range kustomization.Patches {
			content := []byte(patch.Patch)
			if patch.Path != "" {
				if content, err = knative.Manifests.ReadFile(strings.TrimSuffix(file, "kustomization.yaml") + patch.Path); err != nil {
					t.Fatal(err)
				}
			}
			checked++
			if bytes.Contains(content, []byte("\n---")) {
				t.Errorf("%s: the patch %s holds several documents", file, patch.Path)
			}
		}
	}
	if checked == 0 {
		t.Error("there are no patches")
	}
}
