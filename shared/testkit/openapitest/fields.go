package openapitest

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
)

// SameFields checks that a type has the fields of a schema: the same names, of which those
// that it always writes are required.
func SameFields(tb testing.TB, schema string, of reflect.Type) {
	tb.Helper()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		tb.Fatal(err)
	}
	described := document.Components.Schemas[schema]
	if described == nil {
		tb.Fatalf("the description has no schema %s", schema)
	}
	always, optional := written(of)
	if diff := cmp.Diff(sorted(append(always, optional...)), slices.Sorted(maps.Keys(described.Properties))); diff != "" {
		tb.Errorf("fields of %s and of the schema %s (-type +schema):\n%s", of, schema, diff)
	}
	for _, name := range always {
		if !slices.Contains(described.Required, name) {
			tb.Errorf("%s always writes %s, which the schema %s does not require", of, name, schema)
		}
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// written returns the names of the fields that a type writes always, and of those that it
// may leave out.
func written(of reflect.Type) (always, optional []string) {
	for field := range of.Fields() {
		tag, tagged := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case field.Anonymous && !tagged:
			inner := field.Type
			if inner.Kind() == reflect.Pointer { // nil writes none of its fields
				some, others := written(inner.Elem())
				optional = append(optional, slices.Concat(some, others)...)
				continue
			}
			some, others := written(inner)
			always, optional = append(always, some...), append(optional, others...)
		case tag == "-" || !field.IsExported():
		case strings.Contains(options, "omit"):
			optional = append(optional, name)
		default:
			always = append(always, name)
		}
	}
	return always, optional
}

// SameNames checks that the fields of a schema are these.
func SameNames(tb testing.TB, schema string, names []string) {
	tb.Helper()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(sorted(names), slices.Sorted(maps.Keys(document.Components.Schemas[schema].Properties))); diff != "" {
		tb.Errorf("fields of the schema %s (-program +schema):\n%s", schema, diff)
	}
}
