package observability_test

import (
	"encoding/json"
	"path"
	"testing"

	"kubejobs/knative/observability"
)

// reference refers to a data source.
type reference struct{ Type, UID string }

// target is a query of a panel, in PromQL or InfluxQL.
type target struct {
	RefID                      string
	Datasource                 reference
	Expr, LegendFormat, Format string
	Instant, Range             bool
	Query, Alias, ResultFormat string
	RawQuery                   bool
}

// step is a threshold of a panel. The lowest one has no value.
type step struct {
	Color string
	Value *float64
}

// defaults says how a panel shows a field.
type defaults struct {
	Unit       string
	Color      struct{ Mode string }
	Custom     map[string]any
	Mappings   []any
	Thresholds struct {
		Mode  string
		Steps []step
	}
}

// panel is a rectangle of a dashboard, 24 columns wide.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  *struct{ H, W, X, Y int }
	Datasource               reference
	Targets                  []target
	Options                  map[string]any
	FieldConfig              struct {
		Defaults  defaults
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
	Transformations []struct{ ID string }
}

// variable is a choice at the top of a dashboard.
type variable struct {
	Name, Type, Label, Definition string
	Query                         json.RawMessage
	Datasource                    reference
	IncludeAll, Multi             bool
	AllValue                      string
}

// dashboard holds the fields of Grafana's JSON model that the tests use.
type dashboard struct {
	ID            *int
	UID, Title    string
	SchemaVersion int
	Refresh       string
	Tags          []string
	Time          struct{ From, To string }
	Panels        []panel
	Templating    struct{ List []variable }
}

// withQueries returns the panels that are not rows.
func (d dashboard) withQueries() []panel {
	var all []panel
	for _, p := range d.Panels {
		if p.Type != "row" {
			all = append(all, p)
		}
	}
	return all
}

// variable returns the variable with this name.
func (d dashboard) variable(t *testing.T, name string) variable {
	t.Helper()
	for _, v := range d.Templating.List {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("%s: no variable %s", d.UID, name)
	return variable{}
}

// read returns a file of the package.
func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := observability.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// load returns the dashboard for a kind of data source.
func load(t *testing.T, kind string) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal(read(t, path.Join("grafana", kind+".json")), &d); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return d
}

// kinds are the kinds of data sources that have a dashboard.
var kinds = []string{"prometheus", "influxdb"}
