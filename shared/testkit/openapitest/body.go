package openapitest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func lower(text string) string { return strings.ToLower(text) }

// validate checks a JSON text.
func validate(schema *jsonschema.Schema, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%w in %.200q", err, text)
	}
	return schema.Validate(value)
}

// lines checks a body with a JSON value on each line. Of one that was cut it leaves out
// the last line.
func (c *contract) lines(x exchange, place []string) error {
	schema, err := c.schema(place...)
	if err != nil {
		return err
	}
	all := strings.Split(string(x.body), "\n")
	if last := all[len(all)-1]; x.complete && last != "" {
		return fmt.Errorf("the last line has no end: %.80q", last)
	}
	for _, line := range all[:len(all)-1] {
		if err := validate(schema, []byte(line)); err != nil {
			return err
		}
	}
	return nil
}

// events checks the server-sent events of a body, except for one that was cut.
func (c *contract) events(x exchange, at func(...string) []string) error {
	all := strings.Split(string(x.body), "\n\n")
	for _, text := range all[:len(all)-1] {
		var name string
		var data []string
		for line := range strings.SplitSeq(text, "\n") {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "event":
				name = value
			case "data":
				data = append(data, value)
			case "id", "retry", "": // "" is a comment
			default:
				return fmt.Errorf("an event with the field %q", field)
			}
		}
		if name == "" && data == nil {
			continue
		}
		schema, err := c.schema(at("x-events", name)...)
		if err != nil {
			return fmt.Errorf("an event that is not described: %w", err)
		}
		if err := validate(schema, []byte(strings.Join(data, "\n"))); err != nil {
			return fmt.Errorf("event %s: %w", name, err)
		}
	}
	return nil
}
