package manifests_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	servingconfig "knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// What a Service says of its requests is in force on every cluster: no default of the
// cluster (ConfigMap config-defaults) is written into it.
func TestClusterDefaultsChangeNothing(t *testing.T) {
	t.Parallel()
	type limits struct {
		Timeout, Idle, ResponseStart, Concurrency *int64
		Period, Time, LivenessPeriod              int32
	}
	of := func(s *servingv1.Service) limits {
		spec := s.Spec.Template.Spec
		c := spec.Containers[0]
		return limits{
			spec.TimeoutSeconds, spec.IdleTimeoutSeconds, spec.ResponseStartTimeoutSeconds, spec.ContainerConcurrency,
			c.ReadinessProbe.PeriodSeconds, c.ReadinessProbe.TimeoutSeconds, c.LivenessProbe.PeriodSeconds,
		}
	}
	for name, defaults := range map[string]map[string]string{
		"as installed": nil,
		"strict": {
			"revision-timeout-seconds": "20", "revision-idle-timeout-seconds": "5",
			"revision-response-start-timeout-seconds": "8", "container-concurrency": "3",
		},
	} {
		cfg, err := servingconfig.NewDefaultsConfigFromMap(defaults)
		if err != nil {
			t.Fatal(err)
		}
		ctx := servingconfig.ToContext(t.Context(), &servingconfig.Config{Defaults: cfg})
		for overlay, kustomization := range overlays(t) {
			for _, object := range objects(t, kustomization) {
				s, ok := object.(*servingv1.Service)
				if !ok {
					continue
				}
				before := of(s)
				s.SetDefaults(ctx)
				if diff := cmp.Diff(before, of(s)); diff != "" {
					t.Errorf("%s, defaults %s: %s (-before +after):\n%s", overlay, name, s.Name, diff)
				}
				if before.Idle == nil || *before.Idle != 0 || before.ResponseStart == nil || *before.ResponseStart != 0 {
					t.Errorf("%s: %s has limits of idle time or of the time to the first byte: %+v", overlay, s.Name, before)
				}
				if err := s.Validate(ctx); err != nil {
					t.Errorf("%s, defaults %s: %s: %v", overlay, name, s.Name, err)
				}
			}
		}
	}
}
