package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kubejobs/functions/openapi/describe"
)

// request checks a request that was accepted: the description must allow it too.
func (c *contract) request(o *describe.Operation, x exchange) error {
	for _, p := range o.Parameters {
		if p.In == "header" && p.Required && x.header.Get(p.Name) == "" {
			return nil // an event in structured mode, or no event
		}
	}
	var wrong []error
	for _, p := range o.Parameters {
		value := x.value(p)
		if value == "" {
			continue
		}
		schema, err := c.schema(c.parameter(o, p)...)
		if err == nil {
			err = schema.Validate(typed(p, value))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s accepted %s = %q: %w", o.ID, p.Name, value, err))
		}
	}
	if o.RequestBody != nil && o.RequestBody.Content["application/json"].Schema != nil {
		schema, err := c.schema("paths", o.Path, lower(o.Method), "requestBody", "content", "application/json", "schema")
		if err == nil {
			err = validate(schema, sent(o, x.sent))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s accepted the body %.400q: %w", o.ID, x.sent, err))
		}
	}
	return errors.Join(wrong...)
}

// value returns the value of a parameter in the query or the header, "" if it has none.
func (x exchange) value(p describe.Parameter) string {
	switch p.In {
	case "query":
		return x.url.Query().Get(p.Name)
	case "header":
		return x.header.Get(p.Name)
	default:
		return ""
	}
}

// parameter returns where the schema of a parameter is in the document.
func (c *contract) parameter(o *describe.Operation, p describe.Parameter) []string {
	if p.Component != "" {
		return []string{"components", "parameters", p.Component, "schema"}
	}
	same := func(other describe.Parameter) bool { return other.Name == p.Name && other.In == p.In }
	own := o.Parameters[o.Inherited:]
	return []string{"paths", o.Path, lower(o.Method), "parameters", strconv.Itoa(slices.IndexFunc(own, same)), "schema"}
}

// typed returns the value of a parameter as the type that its schema names.
func typed(p describe.Parameter, value string) any {
	if p.Schema.Type == "integer" || p.Schema.Type == "number" {
		return json.Number(value)
	}
	return value
}

// sent returns the body of a request as the description means it. A byte order mark
// before it is ignored, and encoding/json takes the fields of a tick in any case.
func sent(o *describe.Operation, body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	var fields map[string]json.RawMessage
	if o.ID != "tick" || json.Unmarshal(body, &fields) != nil {
		return body
	}
	folded := map[string]json.RawMessage{}
	for name, value := range fields {
		folded[strings.ToLower(name)] = value
	}
	if text, err := json.Marshal(folded); err == nil {
		return text
	}
	return body
}
