package observability_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"kubejobs/knative/observability"
)

// rule is an alert in the rule file.
type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

// alerts returns the alerts in the rule file.
func alerts(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(read(t, "prometheus/rules.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// expressions returns all PromQL expressions by the alert or the panel that they are
// in.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range alerts(t) {
		all[r.Alert] = r.Expr
	}
	for _, p := range load(t, "prometheus").withQueries() {
		for _, q := range p.Targets {
			all[p.Title+" "+q.RefID] = q.Expr
		}
	}
	return all
}

// grafana replaces the variables in a query, as Grafana does.
var grafana = strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$job", ".+")

// A panel whose query Prometheus cannot parse shows only an error.
func TestExpressionsParse(t *testing.T) {
	t.Parallel()
	type record struct {
		Record string            `json:"record"`
		Expr   string            `json:"expr"`
		Labels map[string]string `json:"labels"` // unique: promtool warns of duplicates
	}
	var records []record
	for origin, expr := range expressions(t) {
		query := grafana.Replace(expr)
		if strings.Contains(query, "$") {
			t.Errorf("%s: unknown variable in %s", origin, query)
		}
		records = append(records, record{"query", query, map[string]string{"origin": origin}})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboards", "rules": records}}})
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, path.Join(t.TempDir(), "queries.yaml"), text)
	out := promtool(t, "check", "rules", file)
	if want := fmt.Sprintf("SUCCESS: %d rules found", len(records)); !strings.Contains(out, want) {
		t.Errorf("got %s, want %s", out, want)
	}
}

var (
	metricName = regexp.MustCompile(`\b(?:kubejobs|http)_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`\b((?:kubejobs|http)_[a-z0-9_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	grouping   = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// Prometheus does not report a wrong name or label as an error: it finds nothing.
func TestMetricsAndLabelsExist(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for origin, expr := range expressions(t) {
		labels := []string{"le"}
		for _, name := range metricName.FindAllString(expr, -1) {
			metric, ok := observability.Series(name)
			if !ok {
				t.Errorf("%s: no metric has the series %s", origin, name)
			}
			labels = append(labels, metric.Labels...)
			used[metric.Name] = true
		}
		for _, found := range selector.FindAllStringSubmatch(expr, -1) {
			metric, _ := observability.Series(found[1])
			for _, label := range matcher.FindAllStringSubmatch(found[2], -1) {
				if !slices.Contains(metric.Labels, label[1]) {
					t.Errorf("%s: %s has no label %s", origin, found[1], label[1])
				}
			}
		}
		for _, found := range grouping.FindAllStringSubmatch(expr, -1) {
			for label := range strings.SplitSeq(found[1], ", ") {
				if !slices.Contains(labels, label) {
					t.Errorf("%s: none of its metrics has the label %s", origin, label)
				}
			}
		}
	}
	for _, metric := range observability.Metrics() {
		if !used[metric.Name] {
			t.Errorf("no alert and no panel uses %s", metric.Name)
		}
	}
}

// Instances and their counters come and go, and two instances may export the same
// job.
func TestCountersAreRatesAndJobsAreMerged(t *testing.T) {
	t.Parallel()
	job := regexp.MustCompile(`(?:max by \(job_id\) \()?kubejobs_job_[a-z_]+`)
	counter := regexp.MustCompile(`(?:\b(?:rate|increase|max_over_time)\()?kubejobs_[a-z_]+_total`)
	for origin, expr := range expressions(t) {
		for _, found := range job.FindAllString(expr, -1) {
			if !strings.HasPrefix(found, "max by") {
				t.Errorf("%s: %s shows a job once for each instance", origin, found)
			}
		}
		for _, found := range counter.FindAllString(expr, -1) {
			if strings.HasPrefix(found, "kubejobs") {
				t.Errorf("%s: %s decreases when an instance ends", origin, found)
			}
		}
	}
}

func TestJobVariableReadsALabel(t *testing.T) {
	t.Parallel()
	definition := load(t, "prometheus").variable(t, "job").Definition
	found := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(definition)
	if found == nil {
		t.Fatalf("the variable job is defined by %s, want label_values(…)", definition)
	}
	if metric, ok := observability.Series(found[1]); !ok || !slices.Contains(metric.Labels, found[2]) {
		t.Errorf("no series %s has a label %s", found[1], found[2])
	}
}
