package functions_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions"
	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
	"kubejobs/shared/platform/config"
)

// Each route of a unit is described, and each call that is described has a route.
func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{}, "JOB_STATUS="+config.JobStatusEvents)
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	for unit, patterns := range s.Routes() {
		var described, routed []string
		for _, o := range document.Operations() {
			if slices.Contains(o.Units, unit) && !onEveryUnit(o.Path) {
				described = append(described, o.Method+" "+o.Path)
			}
		}
		for pattern, methods := range patterns {
			for _, method := range methods {
				if call := method + " " + called(unit, pattern); !strings.Contains(call, " /ui/") {
					routed = append(routed, call) // pages are for people
				}
			}
		}
		slices.Sort(described)
		slices.Sort(routed)
		if diff := cmp.Diff(described, slices.Compact(routed)); diff != "" {
			t.Errorf("calls of the unit %s (-described +routed):\n%s", unit, diff)
		}
	}
}

// onEveryUnit reports whether newUnits adds a path to each unit.
func onEveryUnit(path string) bool { return strings.HasPrefix(path, "/health/") || path == "/metrics" }

// called returns the path under which the description has a pattern.
func called(unit, pattern string) string {
	switch {
	case pattern == "/monitoring/{$}": // the empty id
		return "/monitoring/{id}"
	case pattern == "/openapi": // see httpapi.CleanPath
		return "/openapi.json"
	case pattern == "/" && unit == config.TargetSweep: // any path
		return "/sweep"
	default:
		return strings.TrimSuffix(pattern, "{$}")
	}
}

// The paths that each unit has answer as the description says.
func TestEveryUnitHasProbes(t *testing.T) {
	t.Parallel()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, functions.Options{})
	for _, o := range document.Operations() {
		if !onEveryUnit(o.Path) {
			continue
		}
		if diff := cmp.Diff(config.Targets(), o.Units, cmp.Transformer("sorted", func(names []string) []string {
			return slices.Sorted(slices.Values(names))
		})); diff != "" {
			t.Errorf("%s: units (-existing +described):\n%s", o.Path, diff)
		}
		for _, unit := range config.Targets() {
			if w := s.serve(unit, httptest.NewRequestWithContext(t.Context(), o.Method, o.Path, http.NoBody)); w.Code != http.StatusOK {
				t.Errorf("%s of %s: %d %s", o.Path, unit, w.Code, w.Body)
			}
		}
	}
}
