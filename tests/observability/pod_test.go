package observability_test

import (
	"bytes"
	"net"
	"regexp"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"kubejobs/knative"
	"kubejobs/knative/observability"
)

// service holds the fields of a Knative Service that its pods inherit.
type service struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
			Spec              corev1.PodSpec `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

// services returns the Services in the manifests.
func services(t *testing.T) []service {
	t.Helper()
	text, err := knative.Manifests.ReadFile("base/500-services.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []service
	for part := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var s service
		if err := yaml.Unmarshal(part, &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// discovered is a target with the labels that Prometheus' discovery sets.
type discovered struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

var notInLabels = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// targets returns what Prometheus' discovery would find for a pod of s whose container
// listens on addr: a target for each port of each container.
func (s service) targets(t *testing.T, addr string) []discovered {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	template := s.Spec.Template
	labels := map[string]string{
		"__meta_kubernetes_namespace": s.Namespace, "__meta_kubernetes_pod_name": s.Name + "-00001-deployment-x",
		"__meta_kubernetes_pod_phase": "Running",
	}
	for name, value := range template.Labels {
		labels["__meta_kubernetes_pod_label_"+notInLabels.ReplaceAllString(name, "_")] = value
	}
	for name, value := range template.Annotations {
		if name == "prometheus.io/port" {
			value = port // of the test's server
		}
		labels["__meta_kubernetes_pod_annotation_"+notInLabels.ReplaceAllString(name, "_")] = value
	}
	found := func(container, port string) discovered {
		all := map[string]string{"__meta_kubernetes_pod_container_name": container}
		for name, value := range labels {
			all[name] = value
		}
		return discovered{[]string{net.JoinHostPort(host, port)}, all}
	}
	return []discovered{
		found(template.Spec.Containers[0].Name, port), found("queue-proxy", "8012"),
		found("queue-proxy", "8022"), found("queue-proxy", "9090"), found("queue-proxy", "9091"),
	}
}

// configure returns the configuration and the rules in knative/observability, with
// intervals of a second and with targets instead of the discovery by Kubernetes.
func configure(t *testing.T, targets []discovered) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"scrape.yaml", "rules.yaml"} {
		text, err := observability.Files.ReadFile("prometheus/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	var config map[string]any
	if err := yaml.Unmarshal(files["scrape.yaml"], &config); err != nil {
		t.Fatal(err)
	}
	config["global"] = map[string]any{"scrape_interval": "1s", "evaluation_interval": "1s"}
	job := config["scrape_configs"].([]any)[0].(map[string]any)
	job["scrape_interval"] = "1s"
	delete(job, "kubernetes_sd_configs")
	job["static_configs"] = targets
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	files["scrape.yaml"] = text
	return files
}
