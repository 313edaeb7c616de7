package manifests_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"kubejobs/shared/platform/config"
)

// deployed holds what an overlay can change. The tests beside the manifests check the
// base.
type deployed struct {
	Settings   map[string]string
	Public     []string             // Services with a public endpoint
	Scale      map[string][2]string // by Service: min-scale and max-scale
	JobRoles   []string             // names of the Roles for Jobs
	Readers    []string             // of Secrets: accounts that may get them, and the namespace
	JobsIn     []string             // their namespaces, and that of the ApiServerSource
	Unconfined []string             // Services whose container lost its securityContext, probe or environment
	Secrets    []string
}

// inspect renders an overlay and returns what it deploys.
func inspect(t *testing.T, kustomization string) deployed {
	t.Helper()
	got := deployed{Scale: map[string][2]string{}}
	jobsIn := map[string]bool{}
	for _, rendered := range render(t, kustomization) {
		switch o := decode(t, rendered).(type) {
		case *corev1.ConfigMap:
			got.Settings = o.Data
		case *corev1.Secret:
			got.Secrets = append(got.Secrets, o.Name)
		case *rbacv1.Role:
			if o.Rules[0].Resources[0] == "jobs" {
				got.JobRoles = append(got.JobRoles, o.Name)
				jobsIn[o.Namespace] = true
			}
			if o.Rules[0].Resources[0] == "secrets" {
				jobsIn[o.Namespace] = true
			}
		case *rbacv1.RoleBinding:
			if o.RoleRef.Name == "kubejobs-credentials" {
				got.Readers = append(got.Readers, o.Subjects[0].Name+" in "+o.Namespace)
			}
			if account := o.Subjects[0]; account.Namespace != "kubejobs" {
				jobsIn[account.Namespace] = true
			}
		case *sourcesv1.ApiServerSource:
			jobsIn[o.Namespace] = true
		case *servingv1.Service:
			got.service(o)
		}
	}
	slices.Sort(got.JobRoles)
	slices.Sort(got.Readers)
	got.JobsIn = slices.Sorted(maps.Keys(jobsIn))
	return got
}

func (d *deployed) service(s *servingv1.Service) {
	if s.Labels["networking.knative.dev/visibility"] != "cluster-local" {
		d.Public = append(d.Public, s.Name)
	}
	annotations := s.Spec.Template.Annotations
	d.Scale[s.Name] = [2]string{
		annotations["autoscaling.knative.dev/min-scale"], annotations["autoscaling.knative.dev/max-scale"],
	}
	for _, c := range s.Spec.Template.Spec.Containers {
		if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || c.ReadinessProbe == nil || len(c.Env) == 0 {
			d.Unconfined = append(d.Unconfined, s.Name)
		}
	}
}

// hosts returns the setting ALLOWED_HOSTS that allows the Services of a namespace.
func hosts(namespace string) string {
	return "*." + namespace + ".svc,*." + namespace + ".svc.cluster.local"
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	jobRoles := []string{"kubejobs-sweep-jobs", "kubejobs-tick-jobs"}
	eventRoles := []string{"kubejobs-job-events", "kubejobs-sweep-jobs"}
	production := map[string][2]string{"monitor": {"1", "5"}, "tick": {"0", "50"}, "sweep": {"0", "1"}}
	want := map[string]deployed{
		"dev": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "LOG_LEVEL": "debug"},
			Public:   []string{"monitor"}, JobRoles: jobRoles, JobsIn: []string{"default"}, Secrets: []string{"kubejobs"},
			Scale: map[string][2]string{"monitor": {"0", "5"}, "tick": {"0", "10"}, "sweep": {"0", "1"}},
		},
		"production": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: jobRoles, JobsIn: []string{"default"}, Scale: production,
		},
		"job-events": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "JOB_STATUS": "events", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: eventRoles, JobsIn: []string{"default"}, Scale: production,
		},
		"metronome": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "SCHEDULER": "metronome", "TICK_SINK": "ksvc/tick", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: jobRoles, JobsIn: []string{"default"}, Scale: production,
		},
		"events": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: jobRoles, JobsIn: []string{"default"}, Scale: production,
		},
		"control": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: []string{"kubejobs-sweep-jobs", "kubejobs-tick-control", "kubejobs-tick-jobs"}, JobsIn: []string{"default"}, Scale: production,
		},
		"control, events": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "JOB_STATUS": "events", "ALLOWED_HOSTS": hosts("default")},
			JobRoles: append(slices.Clone(eventRoles), "kubejobs-tick-control"), JobsIn: []string{"default"}, Scale: production,
		},
		"credentials": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "ALLOWED_HOSTS": hosts("default")},
			Readers:  []string{"kubejobs-monitor in default", "kubejobs-sweep in default", "kubejobs-tick in default"},
			JobRoles: jobRoles, JobsIn: []string{"default"}, Scale: production,
		},
		"control, owner": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "JOB_NAMESPACE": "kubejobs", "ALLOWED_HOSTS": hosts("kubejobs")},
			JobRoles: []string{"kubejobs-monitor-jobs", "kubejobs-sweep-jobs", "kubejobs-tick-control", "kubejobs-tick-jobs"},
			JobsIn:   []string{"kubejobs"}, Scale: production,
		},
		"owner-references": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "JOB_NAMESPACE": "kubejobs", "ALLOWED_HOSTS": hosts("kubejobs")},
			JobRoles: []string{"kubejobs-monitor-jobs", "kubejobs-sweep-jobs", "kubejobs-tick-jobs"},
			JobsIn:   []string{"kubejobs"}, Scale: production,
		},
		"README": {
			Settings: map[string]string{"PINGSOURCE_NAMESPACE": "kubejobs", "METRICS": "true", "JOB_STATUS": "events", "JOB_NAMESPACE": "batch", "ALLOWED_HOSTS": hosts("batch")},
			JobRoles: eventRoles, JobsIn: []string{"batch"}, Scale: production,
		},
	}
	want["api-tokens"] = want["production"]
	for name, base := range map[string]string{"oidc": "production", "oidc, job-events": "job-events", "oidc, metronome": "metronome"} {
		proven := want[base]
		proven.Settings = maps.Clone(proven.Settings)
		proven.Settings["TICK_AUDIENCE"] = "kubejobs-tick"
		want[name] = proven
	}
	nodes := maps.Clone(want["production"].Settings)
	nodes["ALLOWED_HOSTS"] += ",192.168.7.0/24"
	want["README, nodes"] = deployed{Settings: nodes, JobRoles: jobRoles, JobsIn: []string{"default"}, Scale: production}
	for name, kustomization := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inspect(t, kustomization)
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("deployed (-want +got):\n%s", diff)
			}
			env := map[string]string{
				"K_SERVICE": "tick", "KUBERNETES_SERVICE_HOST": "10.96.0.1", "FUNCTION_TARGET": "tick",
				"STATE_REDIS_URL": "redis://redis.example.org:6379/0",
			}
			maps.Copy(env, got.Settings)
			cfg, err := config.Load(func(name string) (string, bool) {
				value, ok := env[name]
				return value, ok
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{cfg.JobNamespace}, got.JobsIn); diff != "" {
				t.Errorf("the namespace of the program's Jobs and of the rights (-program +rights):\n%s", diff)
			}
		})
	}
}
