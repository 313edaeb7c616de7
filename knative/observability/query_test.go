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

// rule is an alert of the rule file.
type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

// alerts are those of the rule file.
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

// expressions are all of PromQL, by where they stand.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range alerts(t) {
		all[r.Alert] = r.Expr
	}
	for _, p := range load(t, "prometheus").queries() {
		for _, q := range p.Targets {
			all[p.Title+" "+q.RefID] = q.Expr
		}
	}
	return all
}

// grafana are the variables that it replaces in a query.
var grafana = strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$job", ".+")

// A query that Prometheus cannot parse shows nothing but an error.
func TestExpressionsParse(t *testing.T) {
	t.Parallel()
	type record struct {
		Record string            `json:"record"`
		Expr   string            `json:"expr"`
		Labels map[string]string `json:"labels"` // of its own: promtool warns of twins
	}
	var records []record
	for place, expr := range expressions(t) {
		query := grafana.Replace(expr)
		if strings.Contains(query, "$") {
			t.Errorf("%s: a variable is left in %s", place, query)
		}
		records = append(records, record{"query", query, map[string]string{"place": place}})
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

// A wrong name or label is no error to Prometheus: it just finds nothing.
func TestOnlyMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for place, expr := range expressions(t) {
		labels := []string{"le"}
		for _, name := range metricName.FindAllString(expr, -1) {
			metric, ok := observability.Series(name)
			if !ok {
				t.Errorf("%s: there is no series %s", place, name)
			}
			labels = append(labels, metric.Labels...)
			used[metric.Name] = true
		}
		for _, found := range selector.FindAllStringSubmatch(expr, -1) {
			metric, _ := observability.Series(found[1])
			for _, label := range matcher.FindAllStringSubmatch(found[2], -1) {
				if !slices.Contains(metric.Labels, label[1]) {
					t.Errorf("%s: %s has no label %s", place, found[1], label[1])
				}
			}
		}
		for _, found := range grouping.FindAllStringSubmatch(expr, -1) {
			for label := range strings.SplitSeq(found[1], ", ") {
				if !slices.Contains(labels, label) {
					t.Errorf("%s: no metric of it has the label %s", place, label)
				}
			}
		}
	}
	for _, metric := range observability.Metrics() {
		if !used[metric.Name] {
			t.Errorf("%s is shown nowhere", metric.Name)
		}
	}
}

// Instances come and go with their counters, and two may have the same job.
func TestCountersAreRatedAndJobsAreMerged(t *testing.T) {
	t.Parallel()
	job := regexp.MustCompile(`(?:max by \(job_id\) \()?kubejobs_job_[a-z_]+`)
	counter := regexp.MustCompile(`(?:\b(?:rate|increase|max_over_time)\()?kubejobs_[a-z_]+_total`)
	for place, expr := range expressions(t) {
		for _, found := range job.FindAllString(expr, -1) {
			if !strings.HasPrefix(found, "max by") {
				t.Errorf("%s: %s of several instances is shown several times", place, found)
			}
		}
		for _, found := range counter.FindAllString(expr, -1) {
			if strings.HasPrefix(found, "kubejobs") {
				t.Errorf("%s: %s falls when an instance ends", place, found)
			}
		}
	}
}

func TestTheJobVariableIsAMetric(t *testing.T) {
	t.Parallel()
	definition := load(t, "prometheus").variable(t, "job").Definition
	found := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(definition)
	if found == nil {
		t.Fatalf("jobs are found by %s", definition)
	}
	if metric, ok := observability.Series(found[1]); !ok || !slices.Contains(metric.Labels, found[2]) {
		t.Errorf("no series %s with a label %s", found[1], found[2])
	}
}
