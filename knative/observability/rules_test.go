package observability_test

import (
	"errors"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// promtool runs promtool, which must succeed, and returns its output.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatal("promtool is not installed: run `make test`, which installs it")
	}
	if err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write writes a file and returns its name.
func write(t *testing.T, file string, text []byte) string {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRules(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "prometheus/rules.yaml")
	promtool(t, "test", "rules", "prometheus/rules_test.yaml")
}

// An alert says what is wrong and what to check.
func TestAlertsSayWhatToDo(t *testing.T) {
	t.Parallel()
	var names []string
	for _, r := range alerts(t) {
		names = append(names, r.Alert)
		if r.For == "" {
			t.Errorf("%s has no for: one bad sample would fire it", r.Alert)
		}
		if severity := r.Labels["severity"]; severity != "warning" && severity != "critical" {
			t.Errorf("%s: severity %q", r.Alert, severity)
		}
		summary, description := r.Annotations["summary"], r.Annotations["description"]
		if summary == "" || !strings.Contains(strings.ToLower(description), "see whether") {
			t.Errorf("%s: summary %q, description %q", r.Alert, summary, description)
		}
		for _, label := range []string{"job_id", "publisher"} {
			placeholder := "{{ $labels." + label + " }}"
			named := strings.Contains(summary, placeholder) && strings.Contains(description, placeholder)
			if strings.Contains(r.Expr, "by ("+label+")") && !named {
				t.Errorf("%s: the texts do not name the %s", r.Alert, label)
			}
		}
	}
	want := []string{
		"KubejobsJobWillMissDeadline", "KubejobsDeadlineOutOfReach", "KubejobsJobStalled", "KubejobsTicksLost", "KubejobsTicksFailing",
		"KubejobsTicksMissing", "KubejobsPublisherFailing", "KubejobsControllerListFailing", "KubejobsSweepNotRunning",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
}

// Each alert has a test case in which it fires and one in which it does not.
func TestEachAlertIsTested(t *testing.T) {
	t.Parallel()
	var file struct {
		Tests []struct {
			Cases []struct {
				Alert    string `json:"alertname"`
				Expected []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(read(t, "prometheus/rules_test.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Cases {
			if len(c.Expected) > 0 {
				fires[c.Alert] = true
			} else {
				silent[c.Alert] = true
			}
		}
	}
	for _, r := range alerts(t) {
		if !fires[r.Alert] || !silent[r.Alert] {
			t.Errorf("%s: tested that it fires: %t, that it does not: %t", r.Alert, fires[r.Alert], silent[r.Alert])
		}
	}
}

// discovery is the part of Prometheus' kubernetes_sd_configs that scrape.yaml uses.
// Debian's promtool cannot check it: it is built without Kubernetes.
type discovery struct {
	Role       string `json:"role"`
	Namespaces struct {
		Names []string `json:"names"`
	} `json:"namespaces"`
	Selectors []struct {
		Role  string `json:"role"`
		Label string `json:"label"`
	} `json:"selectors"`
}

func TestScrapeConfiguration(t *testing.T) {
	t.Parallel()
	var config map[string]any
	if err := yaml.Unmarshal(read(t, "prometheus/scrape.yaml"), &config); err != nil {
		t.Fatal(err)
	}
	job := config["scrape_configs"].([]any)[0].(map[string]any)
	block, err := yaml.Marshal(job["kubernetes_sd_configs"])
	if err != nil {
		t.Fatal(err)
	}
	var found []discovery
	if err := yaml.UnmarshalStrict(block, &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Role != "pod" || !slices.Equal(found[0].Namespaces.Names, []string{"kubejobs"}) {
		t.Errorf("discovery of instances: %+v", found)
	}
	delete(job, "kubernetes_sd_configs")
	job["static_configs"] = []any{map[string]any{"targets": []string{"127.0.0.1:8080"}}}
	rest, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, path.Join(dir, "rules.yaml"), read(t, "prometheus/rules.yaml"))
	promtool(t, "check", "config", write(t, path.Join(dir, "scrape.yaml"), rest))
}
