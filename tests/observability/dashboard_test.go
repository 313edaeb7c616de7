package observability_test

import (
	"encoding/json"
	"testing"

	"kubejobs/knative/observability"
)

// panel is a panel of a dashboard with its queries, in PromQL or InfluxQL.
type panel struct {
	Title   string
	Targets []struct{ Expr, Query string }
}

// variable is a choice at the top of a dashboard.
type variable struct{ Type, Definition string }

type dashboard struct {
	Panels     []panel
	Templating struct{ List []variable }
}

// read returns the dashboard for a kind of data source.
func read(t *testing.T, name string) dashboard {
	t.Helper()
	text, err := observability.Files.ReadFile("grafana/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// panels returns the panels of a dashboard.
func panels(t *testing.T, name string) []panel {
	t.Helper()
	return read(t, name).Panels
}

// variables returns the variables of a dashboard.
func variables(t *testing.T, name string) []variable {
	t.Helper()
	return read(t, name).Templating.List
}
