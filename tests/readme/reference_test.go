package readme_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions"
	"kubejobs/knative/observability"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/openapitest"
)

// sorted returns each text once, in order.
func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// TestSettings checks that the table of settings names every variable that the
// program asks for, and no other. Those of OpenTelemetry have one row.
func TestSettings(t *testing.T) {
	t.Parallel()
	var asked []string
	for _, environment := range []map[string]string{
		nil,
		{"K_SERVICE": "monitor", "STATE_REDIS_URL": "redis://127.0.0.1", "FUNCTION_TARGET": "all", "KUBECONFIG": "x"},
		{"INFLUX_URL": "http://127.0.0.1", "INFLUX_TOKEN": "x"},
	} {
		_, _ = config.Load(func(name string) (string, bool) { // only the questions count
			if strings.HasPrefix(name, "OTEL_") {
				name = "OTEL_*"
			}
			asked = append(asked, name)
			value, ok := environment[name]
			return value, ok
		})
	}
	if diff := cmp.Diff(sorted(asked), sorted(cells(t, "Settings", 1))); diff != "" {
		t.Errorf("settings (-asked for +documented):\n%s", diff)
	}
}

// fields returns the JSON names in a type, with a path for nested objects, except
// for the objects that whole names.
func fields(of reflect.Type, prefix string, whole ...string) []string {
	switch kind := of.Kind(); {
	case of.Implements(reflect.TypeFor[json.Marshaler]()): // a time, or a pair
		return []string{prefix}
	case kind == reflect.Pointer:
		return fields(of.Elem(), prefix, whole...)
	case kind == reflect.Map:
		return fields(of.Elem(), prefix+".*", whole...)
	case kind != reflect.Struct, slices.Contains(whole, prefix):
		return []string{prefix}
	}
	var names []string
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, fields(field.Type, strings.TrimPrefix(prefix+"."+name, "."), whole...)...)
	}
	return names
}

// causes returns the causes of a stall.
func causes() (names []string) {
	for _, cause := range forecast.Causes() {
		names = append(names, string(cause))
	}
	return names
}

// TestFields checks that the tables of what is answered name every field, and no
// other.
func TestFields(t *testing.T) {
	t.Parallel()
	of := func(types ...reflect.Type) (names []string) {
		for _, one := range types {
			names = append(names, fields(one, "", "report", "forecast", "outcome", "longest_stall")...)
		}
		return names
	}
	tests := map[string]struct {
		heading string
		want    []string
	}{
		"samples and their parameters": {"Samples", append(of(reflect.TypeFor[monitor.TimedSample]()), "since", "until", "limit")},
		"status":                       {"The status", of(reflect.TypeFor[monitor.Status]())},
		"forecast":                     {"The forecast", append(of(reflect.TypeFor[job.Forecast]()), causes()...)},
		"both reports": {
			"The report", of(reflect.TypeFor[job.Report](), reflect.TypeFor[job.Outcome](), reflect.TypeFor[job.Point]()),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(sorted(tt.want), sorted(cells(t, tt.heading, 1))); diff != "" {
				t.Errorf("fields (-answered +documented):\n%s", diff)
			}
		})
	}
}

// TestCalls checks that every call in the table of functions reaches a function.
func TestCalls(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load(func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	set, err := functions.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close(t.Context()) }) // nothing is left to lose
	handler, err := set.Handler(config.TargetAll)
	if err != nil {
		t.Fatal(err)
	}
	handler = openapitest.Handler(t, config.TargetAll, handler)
	for _, call := range cells(t, "Functions", 2) {
		method, path, ok := strings.Cut(call, " ")
		if !ok {
			continue // no call: the data of one
		}
		path, _, _ = strings.Cut(strings.ReplaceAll(path, ":id", "a"), "?")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}")))
		if w.Code == http.StatusMethodNotAllowed || strings.Contains(w.Body.String(), "no such path") {
			t.Errorf("%s: %d %s", call, w.Code, w.Body)
		}
	}
}

// TestMetrics checks that the table of metrics names every metric that dashboards
// and alerts may use.
func TestMetrics(t *testing.T) {
	t.Parallel()
	documented := cells(t, "Metrics", 1)
	for _, metric := range observability.Metrics() {
		if !slices.Contains(documented, metric.Name) {
			t.Errorf("functions/README.md does not name %s", metric.Name)
		}
	}
}
