package describe

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// Schema is a JSON Schema, as far as it is shown.
type Schema struct {
	Ref         string `json:"$ref"`
	Type        any    // a text or a list of them
	Description string
	Required    []string
	Properties  map[string]*Schema
	Additional  *Schema `json:"additionalProperties"`
	Items       *Schema
	AnyOf       []*Schema
	Enum        []any
	Const       any
	Default     any
	Format      string
	Pattern     string
	Deprecated  bool

	Minimum, Maximum                   *json.Number
	ExclusiveMinimum, ExclusiveMaximum *json.Number
	MaxLength, MaxItems                *json.Number
}

// UnmarshalJSON reads a schema, which may also be true or false.
func (s *Schema) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		*s = Schema{}
		return nil
	}
	type plain Schema
	return json.Unmarshal(text, (*plain)(s))
}

// name returns the name of the component that a schema refers to, "" if it is none.
func (s *Schema) name() string { return component(s.Ref) }

// kind returns what a schema allows, with links to other schemas.
func kind(s *Schema) template.HTML {
	switch {
	case s == nil:
		return "nothing"
	case s.Ref != "":
		return link(s.name())
	case len(s.AnyOf) > 0:
		parts := make([]string, 0, len(s.AnyOf))
		for _, one := range s.AnyOf {
			parts = append(parts, string(kind(one)))
		}
		return template.HTML(strings.Join(parts, " or ")) //nolint:gosec // each part is escaped
	case s.Items != nil:
		return "list of " + kind(s.Items)
	}
	text := types(s.Type)
	if bounds := s.bounds(); bounds != "" {
		text += ", " + bounds
	}
	return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
}

func link(name string) template.HTML {
	name = template.HTMLEscapeString(name)
	return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`) //nolint:gosec // escaped
}

func types(of any) string {
	switch t := of.(type) {
	case string:
		return t
	case []any:
		parts := make([]string, 0, len(t))
		for _, one := range t {
			parts = append(parts, fmt.Sprint(one))
		}
		return strings.Join(parts, " or ")
	default:
		return "anything"
	}
}

// bounds returns in words what a value must be besides its type.
func (s *Schema) bounds() string {
	var parts []string
	if len(s.Enum) > 0 {
		values := make([]string, 0, len(s.Enum))
		for _, v := range s.Enum {
			values = append(values, compact(v))
		}
		parts = append(parts, "one of "+strings.Join(values, ", "))
	}
	if s.Const != nil {
		parts = append(parts, compact(s.Const))
	}
	for _, bound := range []struct {
		words string
		value *json.Number
	}{
		{"at least", s.Minimum},
		{"over", s.ExclusiveMinimum},
		{"at most", s.Maximum},
		{"under", s.ExclusiveMaximum},
		{"characters at most:", s.MaxLength},
		{"entries at most:", s.MaxItems},
	} {
		if bound.value != nil {
			parts = append(parts, bound.words+" "+bound.value.String())
		}
	}
	if s.Format != "" {
		parts = append(parts, s.Format)
	}
	if s.Default != nil {
		parts = append(parts, "default "+compact(s.Default))
	}
	return strings.Join(parts, ", ")
}

// field is a property of an object.
type field struct {
	Name     string
	Required bool
	Schema   *Schema
}

// fields returns the properties of an object: first the required ones in their order.
func fields(s *Schema) []field {
	var found []field
	for _, name := range s.Required {
		if inner := s.Properties[name]; inner != nil {
			found = append(found, field{name, true, inner})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, name) {
			found = append(found, field{name, false, s.Properties[name]})
		}
	}
	return found
}
