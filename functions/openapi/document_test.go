package openapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
)

// TestGenerated checks that openapi.json and page.html are those of the files in
// document: `go generate ./functions/openapi` writes them.
func TestGenerated(t *testing.T) {
	t.Parallel()
	document, err := describe.Merge(os.DirFS("document"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := describe.Page(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"openapi.json": document, "page.html": page} {
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not that of the folder document: run go generate ./functions/openapi (%v)", name, err)
		}
		if got := unpacked(t, name+".gz"); !bytes.Equal(got, want) {
			t.Errorf("%s.gz is not %s: run go generate ./functions/openapi", name, name)
		}
	}
}

// unpacked returns the text of a compressed file.
func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decode reads a JSON text as the validator wants it.
func decode(t *testing.T, text []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// compile returns a compiler that knows the document as file:///openapi.json.
func compile(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("file:///openapi.json", decode(t, openapi.Document())); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOpenAPI validates the document with the schema of OpenAPI 3.1, and each schema in
// it with that of JSON Schema 2020-12.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/oas-3.1-2022-10-07.json")
	if err != nil {
		t.Fatal(err)
	}
	c := compile(t)
	if err := c.AddResource("file:///oas.json", decode(t, text)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("file:///oas.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(decode(t, openapi.Document())); err != nil {
		t.Error(err)
	}
	if schema.Validate(decode(t, []byte(`{"openapi":"3.1.0","info":{"title":"x"}}`))) == nil {
		t.Error("the schema of OpenAPI allows a document without a version")
	}
	for _, place := range schemas(decode(t, openapi.Document()), "#", "schema") {
		if _, err := c.Compile("file:///openapi.json" + place); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// schemas returns the places of the schemas in a part of the document: the members of
// components.schemas, and the fields with this name.
func schemas(value any, place, name string) []string {
	var found []string
	switch v := value.(type) {
	case []any:
		for i, one := range v {
			found = append(found, schemas(one, fmt.Sprintf("%s/%d", place, i), name)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			inner := place + "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
			switch {
			case key == name || place == "#/components/schemas":
				found = append(found, inner)
			case key == "value": // of an example
			default:
				found = append(found, schemas(v[key], inner, name)...)
			}
		}
	}
	return found
}

// TestExamplesFit checks every example of a body and of a parameter with its schema, and
// that each operation has an example of each body.
func TestExamplesFit(t *testing.T) {
	t.Parallel()
	c, document := compile(t), decode(t, openapi.Document())
	count := 0
	walk(document, "#", func(place string, object map[string]any) {
		if object["schema"] == nil {
			return
		}
		values := map[string]any{}
		if example, given := object["example"]; given {
			values["example"] = example
		}
		examples, _ := object["examples"].(map[string]any)
		for name, example := range examples {
			values[name] = example.(map[string]any)["value"]
		}
		schema, err := c.Compile("file:///openapi.json" + place + "/schema")
		if err != nil {
			t.Errorf("%s: %v", place, err)
			return
		}
		for name, value := range values {
			count++
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s, example %s: %v", place, name, err)
			}
		}
	})
	const least = 40
	if count < least {
		t.Errorf("%d examples were checked, want at least %d", count, least)
	}
}

// walk calls do for each object in a part of the document.
func walk(value any, place string, do func(place string, object map[string]any)) {
	switch v := value.(type) {
	case []any:
		for i, one := range v {
			walk(one, fmt.Sprintf("%s/%d", place, i), do)
		}
	case map[string]any:
		do(place, v)
		for key, inner := range v {
			walk(inner, place+"/"+strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key), do)
		}
	}
}

// TestOperations checks what each operation needs.
func TestOperations(t *testing.T) {
	t.Parallel()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range document.Operations() {
		if o.ID == "" || seen[o.ID] || o.Summary == "" || len(o.Tags) != 1 || len(o.Units) == 0 {
			t.Errorf("%s %s: the id %q, the summary %q, the tags %q, the units %q", o.Method, o.Path, o.ID, o.Summary, o.Tags, o.Units)
		}
		seen[o.ID] = true
		for status, answer := range o.Responses {
			if status < "300" && answer.Description == "" {
				t.Errorf("%s: %s has no description", o.ID, status)
			}
			if media, isJSON := answer.Content["application/json"]; status < "300" && isJSON && len(media.Examples) == 0 && o.ID != "tick" && o.ID != "getDescription" {
				t.Errorf("%s: %s has no example", o.ID, status)
			}
		}
	}
}

// TestClosed checks that each object of an answer lists all its fields.
func TestClosed(t *testing.T) {
	t.Parallel()
	open := []string{ // of requests, whose unknown fields are ignored or belong to others
		"StartRequest", "JobInfo", "QueueRequest", "ControlRequest", "DatabaseRequest", "TickData", "KubernetesJob",
	}
	all := decode(t, openapi.Document()).(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for name, value := range all {
		schema := value.(map[string]any)
		if schema["properties"] == nil || slices.Contains(open, name) {
			continue
		}
		if schema["additionalProperties"] != false {
			t.Errorf("%s allows fields that it does not name", name)
		}
	}
}
