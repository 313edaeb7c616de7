package observability_test

import (
	"fmt"
	"slices"
	"testing"
)

// columns is the width of Grafana's grid.
const columns = 24

// required are the options that the panels of a type need.
var required = map[string][]string{
	"stat":           {"reduceOptions", "colorMode", "graphMode", "textMode"},
	"timeseries":     {"legend", "tooltip"},
	"state-timeline": {"legend", "tooltip", "showValue", "mergeValues"},
	"table":          {"showHeader", "cellHeight"},
}

// Another Grafana refuses a dashboard that has an id. A dashboard without a uid gets
// a new address at each import.
func TestDashboardsCanBeImported(t *testing.T) {
	t.Parallel()
	uids := map[string]bool{}
	for _, kind := range kinds {
		d := load(t, kind)
		if d.ID != nil {
			t.Errorf("%s: id %d, want none", kind, *d.ID)
		}
		if d.UID == "" || uids[d.UID] {
			t.Errorf("%s: uid %q, want one that no other dashboard has", kind, d.UID)
		}
		uids[d.UID] = true
		if d.SchemaVersion < 36 || d.SchemaVersion > 41 {
			t.Errorf("%s: schema version %d is not of Grafana 9 to 12", kind, d.SchemaVersion)
		}
		if d.Title == "" || d.Refresh == "" || d.Time.From == "" || d.Time.To != "now" || !slices.Contains(d.Tags, "kubejobs") {
			t.Errorf("%s: title %q, refresh %q, time %+v, tags %v", kind, d.Title, d.Refresh, d.Time, d.Tags)
		}
		if source := d.variable(t, "datasource"); source.Type != "datasource" || string(source.Query) != fmt.Sprintf("%q", kind) {
			t.Errorf("%s: the variable datasource is %+v", kind, source)
		}
		job := d.variable(t, "job")
		if job.Type != "query" || !job.Multi || !job.IncludeAll || job.AllValue == "" || job.Definition == "" {
			t.Errorf("%s: the variable job is %+v", kind, job)
		}
		if want := (reference{kind, "${datasource}"}); job.Datasource != want {
			t.Errorf("%s: the variable job reads from %+v", kind, job.Datasource)
		}
	}
}

func TestPanelsAreComplete(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		d := load(t, kind)
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, p := range d.Panels {
			if p.ID == 0 || ids[p.ID] || p.Title == "" || titles[p.Title] {
				t.Errorf("%s: panel %d %q has no id or title, or shares it", kind, p.ID, p.Title)
			}
			ids[p.ID], titles[p.Title] = true, true
		}
		for _, p := range d.withQueries() {
			p.check(t, reference{kind, "${datasource}"})
		}
	}
}

func (p panel) check(t *testing.T, source reference) {
	t.Helper()
	if p.Description == "" || p.Datasource != source || len(p.Targets) == 0 {
		t.Errorf("%s: description %q, source %+v, %d queries", p.Title, p.Description, p.Datasource, len(p.Targets))
	}
	wanted, known := required[p.Type]
	if !known {
		t.Errorf("%s: unknown type %q", p.Title, p.Type)
	}
	for _, option := range wanted {
		if p.Options[option] == nil {
			t.Errorf("%s: a %s without the option %s", p.Title, p.Type, option)
		}
	}
	p.checkField(t)
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if q.RefID == "" || refs[q.RefID] || q.Datasource != source {
			t.Errorf("%s: query %q has no name, shares it, or reads from %+v", p.Title, q.RefID, q.Datasource)
		}
		refs[q.RefID] = true
		if q.Range == q.Instant && source.Type == "prometheus" {
			t.Errorf("%s: query %s, want either range or instant", p.Title, q.RefID)
		}
		if table := p.Type == "table"; (q.Format == "table") != table || q.Instant && !table {
			t.Errorf("%s: query %s has the format %q in a %s", p.Title, q.RefID, q.Format, p.Type)
		}
		if name := q.LegendFormat + q.Alias; name == "" && p.Type != "table" {
			t.Errorf("%s: query %s has no legend", p.Title, q.RefID)
		}
	}
}

// checkField checks units and thresholds: the lowest step has no value, those of the
// others increase.
func (p panel) checkField(t *testing.T) {
	t.Helper()
	field := p.FieldConfig.Defaults
	if field.Unit == "" || field.Color.Mode == "" {
		t.Errorf("%s: unit %q, color %q", p.Title, field.Unit, field.Color.Mode)
	}
	steps := field.Thresholds.Steps
	if field.Thresholds.Mode != "absolute" || len(steps) == 0 || steps[0].Value != nil {
		t.Fatalf("%s: thresholds %+v", p.Title, field.Thresholds)
	}
	for i, s := range steps[1:] {
		if s.Value == nil || i > 0 && *s.Value <= *steps[i].Value {
			t.Errorf("%s: threshold %d is not above the one before", p.Title, i+1)
		}
	}
	if p.Type == "state-timeline" && len(field.Mappings) == 0 {
		t.Errorf("%s: the states have no names", p.Title)
	}
}

// Late is red: the error and the time left are red below zero.
func TestBelowZeroIsRed(t *testing.T) {
	t.Parallel()
	for kind, titles := range map[string][]string{
		"prometheus": {"Error", "Spare time", "Time to deadline and expected finish"},
		"influxdb":   {"Error", "Error now"},
	} {
		seen := 0
		for _, p := range load(t, kind).withQueries() {
			if !slices.Contains(titles, p.Title) {
				continue
			}
			seen++
			steps := p.FieldConfig.Defaults.Thresholds.Steps
			if len(steps) != 2 || steps[0].Color != "red" || steps[1].Color != "green" || *steps[1].Value != 0 {
				t.Errorf("%s: %s: thresholds %+v", kind, p.Title, steps)
			}
		}
		if seen != len(titles) {
			t.Errorf("%s: found %d of the panels %v", kind, seen, titles)
		}
	}
}

// Each cell of the grid belongs to exactly one panel.
func TestPanelsCoverTheGrid(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		d := load(t, kind)
		taken := map[[2]int]string{}
		bottom := 0
		for _, p := range d.Panels {
			if p.GridPos == nil {
				t.Fatalf("%s: %s has no gridPos", kind, p.Title)
			}
			at := *p.GridPos
			if at.H < 1 || at.W < 1 || at.X < 0 || at.Y < 0 || at.X+at.W > columns {
				t.Errorf("%s: %s is at %+v", kind, p.Title, at)
			}
			if p.Type != "row" && (at.W < 4 || at.H < 4) {
				t.Errorf("%s: %s is too small to be read: %+v", kind, p.Title, at)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, ok := taken[[2]int{x, y}]; ok {
						t.Fatalf("%s: %s overlaps %s", kind, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
			bottom = max(bottom, at.Y+at.H)
		}
		if want := columns * bottom; len(taken) != want {
			t.Errorf("%s: %d of %d cells have a panel", kind, len(taken), want)
		}
	}
}
