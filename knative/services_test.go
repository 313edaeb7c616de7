package knative_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
)

// secret stands for the values of the Secret.
const secret = "redis://redis.example.org:6379/0"

// settings returns the settings in the ConfigMap.
func settings(t *testing.T) map[string]string {
	t.Helper()
	var m corev1.ConfigMap
	documents(t, "base/300-config.yaml")[0].into(t, &m)
	return m.Data
}

// environment returns the environment of a container: its env and envFrom, with the
// required keys of the Secret, and the variables that Knative and Kubernetes add.
func environment(t *testing.T, s service) map[string]string {
	t.Helper()
	c := s.Spec.Template.Spec.Containers[0]
	env := map[string]string{"K_SERVICE": s.Name, "PORT": "8080", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef == nil || from.ConfigMapRef.Name != "kubejobs" {
			t.Errorf("%s: settings come from %+v", s.Name, from)
		}
		for name, value := range settings(t) {
			env[name] = value
		}
	}
	for _, variable := range c.Env {
		if variable.ValueFrom == nil {
			env[variable.Name] = variable.Value
			continue
		}
		ref := variable.ValueFrom.SecretKeyRef
		if ref == nil || ref.Name != "kubejobs" || ref.Key != strings.ToLower(strings.ReplaceAll(variable.Name, "_", "-")) {
			t.Errorf("%s: %s comes from %+v", s.Name, variable.Name, variable.ValueFrom)
		}
		if optional := ref.Optional != nil && *ref.Optional; optional == (variable.Name == "STATE_REDIS_URL") {
			t.Errorf("%s: %s is optional: %t, want only STATE_REDIS_URL required", s.Name, variable.Name, optional)
		} else if !optional {
			env[variable.Name] = secret
		}
	}
	return env
}

// load reads an environment as the program does. asked holds the variables that it
// looked up.
func load(t *testing.T, env map[string]string) (cfg config.Config, asked map[string]bool) {
	t.Helper()
	asked = map[string]bool{}
	cfg, err := config.Load(func(name string) (string, bool) {
		asked[name] = true
		value, ok := env[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg, asked
}

func TestEachServiceRunsOneTarget(t *testing.T) {
	t.Parallel()
	got := []string{config.TargetAll} // all three in one process: not deployed
	for name, s := range services(t) {
		got = append(got, name)
		cfg, asked := load(t, environment(t, s))
		want := config.Config{
			Target: name, Scheduler: config.SchedulerKnative, TickSink: "ksvc/tick", JobStatus: config.JobStatusKubernetes,
			JobNamespace: "default", PingNamespace: s.Namespace, Listen: ":8080", StateRedis: secret,
		}
		have := config.Config{
			Target: cfg.Target, Scheduler: cfg.Scheduler, TickSink: cfg.TickSink, JobStatus: cfg.JobStatus,
			JobNamespace: cfg.JobNamespace, PingNamespace: cfg.PingNamespace, Listen: cfg.Listen, StateRedis: cfg.StateRedis,
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: settings (-want +got):\n%s", name, diff)
		}
		for variable := range environment(t, s) {
			if !asked[variable] && variable != "K_SERVICE" { // looked up only without a state Redis
				t.Errorf("%s: the program does not know %s", name, variable)
			}
		}
	}
	want := config.Targets()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Services, and all (-want +got):\n%s", diff)
	}
}

// The Secret may hold the password or the token of an InfluxDB. Every Service needs
// it: all read the same ConfigMap, and a user there without a password is refused.
func TestEachServiceGetsInfluxDBCredentials(t *testing.T) {
	t.Parallel()
	for name, s := range services(t) {
		var got []string
		for _, variable := range s.Spec.Template.Spec.Containers[0].Env {
			if strings.HasPrefix(variable.Name, "INFLUX_") {
				got = append(got, variable.Name)
			}
		}
		if diff := cmp.Diff([]string{"INFLUX_PASSWORD", "INFLUX_TOKEN"}, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
	}
}

// A setting that repeats a default hides the ones that differ.
func TestTheConfigMapRepeatsNoDefault(t *testing.T) {
	t.Parallel()
	env := environment(t, services(t)[config.TargetTick])
	with, _ := load(t, env)
	for name := range settings(t) {
		less := map[string]string{}
		for variable, value := range env {
			if variable != name {
				less[variable] = value
			}
		}
		if without, _ := load(t, less); reflect.DeepEqual(with, without) {
			t.Errorf("%s=%s repeats the default", name, env[name])
		}
	}
}

// No container has a limit of CPUs, with which Kubernetes would hold it up within a tick.
func TestNoLimitOfProcessors(t *testing.T) {
	t.Parallel()
	for name, s := range services(t) {
		if limit, ok := s.Spec.Template.Spec.Containers[0].Resources.Limits[corev1.ResourceCPU]; ok {
			t.Errorf("%s: the limit of CPUs is %v", name, &limit)
		}
	}
}

// The probes, the port and the arguments are those that the program has.
func TestProbes(t *testing.T) {
	t.Parallel()
	cfg, _ := load(t, nil)
	set, err := functions.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for name, s := range services(t) {
		c := s.Spec.Template.Spec.Containers[0]
		if diff := cmp.Diff([]string{"serve"}, c.Args); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]corev1.ContainerPort{{Name: "http1", ContainerPort: 8080}}, c.Ports); diff != "" {
			t.Errorf("%s: ports (-want +got):\n%s", name, diff)
		}
		handler, err := set.Handler(name)
		if err != nil {
			t.Fatal(err)
		}
		for path, probe := range map[string]*corev1.Probe{"/health/readiness": c.ReadinessProbe, "/health/liveness": c.LivenessProbe} {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path {
				t.Errorf("%s: probe %+v, want %s", name, probe, path)
				continue
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
			if w.Code != http.StatusOK {
				t.Errorf("%s: %s answers %d", name, path, w.Code)
			}
		}
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	timeouts := map[string]int64{config.TargetMonitor: 60, config.TargetTick: 60, config.TargetSweep: 300}
	for name, s := range services(t) {
		template := s.Spec.Template
		if s.Labels["networking.knative.dev/visibility"] != "cluster-local" {
			t.Errorf("%s can be called from outside the cluster", name)
		}
		for _, annotation := range []string{"autoscaling.knative.dev/min-scale", "autoscaling.knative.dev/max-scale"} {
			if template.Annotations[annotation] == "" {
				t.Errorf("%s: no %s", name, annotation)
			}
		}
		port := strconv.Itoa(int(template.Spec.Containers[0].Ports[0].ContainerPort))
		if template.Annotations["prometheus.io/scrape"] != "true" || template.Annotations["prometheus.io/port"] != port {
			t.Errorf("%s: annotations %v, want that Prometheus scrapes port %s", name, template.Annotations, port)
		}
		if template.Spec.TimeoutSeconds != timeouts[name] || template.Spec.ContainerConcurrency < 1 {
			t.Errorf("%s: timeout %d s, concurrency %d", name, template.Spec.TimeoutSeconds, template.Spec.ContainerConcurrency)
		}
		if template.Spec.ServiceAccountName != "kubejobs-"+name {
			t.Errorf("%s runs as %q", name, template.Spec.ServiceAccountName)
		}
		if template.Labels["app.kubernetes.io/component"] != name {
			t.Errorf("%s: labels of its pods: %v", name, template.Labels)
		}
	}
}
