package observability_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"kubejobs/knative/observability"
)

// ticks is the number of ticks before Prometheus starts.
const ticks = 5

// One server stands for a pod of each Service, so each job is seen three times.
func TestPrometheusSeesTheFunctions(t *testing.T) {
	t.Parallel()
	w := start(t, "demo")
	for range ticks - 1 {
		tick(t, w, "demo")
	}
	w.Pass(period) // a tick is lost
	tick(t, w, "demo")
	sweep(t, w)
	var targets []discovered
	for _, s := range services(t) {
		targets = append(targets, s.targets(t, strings.TrimPrefix(w.URL, "http://"))...)
	}
	p := run(t, configure(t, targets))

	until(t, "each tick is counted", func() error {
		got, err := p.query(t.Context(), `kubejobs_ticks_total{outcome="sampled", unit="tick"}`)
		if err == nil && (len(got) != 1 || got[0].Value != ticks) {
			err = fmt.Errorf("got %v, want %d", got, ticks)
		}
		return err
	})
	p.checkTargets(t)
	p.checkMetrics(t)
	p.checkRules(t)
	p.checkPanels(t)
}

// checkTargets checks that one port of each pod is scraped, and that its instance is
// named after the pod.
func (p prometheus) checkTargets(t *testing.T) {
	t.Helper()
	until(t, "each pod is scraped once", func() error {
		found, err := p.Targets(t.Context())
		if err != nil {
			return err
		}
		got, want := map[string]string{}, map[string]string{}
		for _, target := range found.Active {
			if target.Health != promv1.HealthGood {
				return fmt.Errorf("%s: %s %s", target.ScrapeURL, target.Health, target.LastError)
			}
			got[string(target.Labels["instance"])] = string(target.Labels["unit"])
		}
		for _, s := range services(t) {
			want[s.Name+"-00001-deployment-x"] = s.Name
		}
		if diff := cmp.Diff(want, got); diff != "" || len(found.Active) != len(want) {
			return fmt.Errorf("%d targets (-want +got):\n%s", len(found.Active), diff)
		}
		return nil
	})
}

// checkMetrics compares the exported metrics with the list.
func (p prometheus) checkMetrics(t *testing.T) {
	t.Helper()
	seen, err := p.Metadata(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, metric := range observability.Metrics() {
		listed[metric.Name] = true
		got, exported := seen[metric.Name]
		switch {
		case metric.Origin != observability.ByHTTP && metric.Origin != observability.ByControl && !exported:
			t.Errorf("%s is not exported", metric.Name)
		case exported && string(got[0].Type) != string(metric.Kind):
			t.Errorf("%s: got a %s, want a %s", metric.Name, got[0].Type, metric.Kind)
		}
	}
	for name := range seen {
		if strings.HasPrefix(name, "kubejobs_") && !listed[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
}

// checkRules waits until each rule has been evaluated without an error.
func (p prometheus) checkRules(t *testing.T) {
	t.Helper()
	until(t, "each rule is evaluated", func() error {
		found, err := p.Rules(t.Context(), nil)
		if err != nil {
			return err
		}
		count := 0
		for _, group := range found.Groups {
			for _, each := range group.Rules {
				rule, ok := each.(promv1.AlertingRule)
				if !ok || rule.Health != promv1.RuleHealthGood || rule.LastError != "" {
					return fmt.Errorf("%+v is not healthy", each)
				}
				count++
			}
		}
		if count == 0 {
			return errors.New("no rules")
		}
		return nil
	})
}

// checkPanels runs the query of each panel. None may be an error, and a panel whose
// metrics are exported must show something, unless it shows only failures.
func (p prometheus) checkPanels(t *testing.T) {
	t.Helper()
	seen, err := p.Metadata(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "10s", "$__range", "1m", "$job", ".+")
	for _, panel := range panels(t, "prometheus") {
		for _, target := range panel.Targets {
			expr := variables.Replace(target.Expr)
			until(t, panel.Title+" shows something", func() error {
				got, err := p.query(t.Context(), expr)
				if err == nil && len(got) == 0 && exported(expr, seen) && !strings.Contains(expr, `error"`) {
					err = fmt.Errorf("%s has no result", expr)
				}
				return err
			})
		}
	}
}

// exported reports whether all metrics in an expression are exported.
func exported(expr string, seen map[string][]promv1.Metadata) bool {
	for _, metric := range observability.Metrics() {
		if _, ok := seen[metric.Name]; !ok && strings.Contains(expr, metric.Name) {
			return false
		}
	}
	return true
}
