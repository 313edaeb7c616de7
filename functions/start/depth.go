package start

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
)

// maxNesting bounds the objects and lists inside one another of a body that is
// decoded: enough to name a field that has more than maxDepth.
const maxNesting = 100

// nested reports whether a body has more than maxNesting objects and lists inside one
// another. It reads no further than that.
func nested(body []byte) bool {
	level, text := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case text && c == '\\':
			i++ // the next character ends no text
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if level++; level > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return false
}

// checkDepth reports a body that is too deep without its heuristic_options, whose
// depth is checked on its own.
func (r *reader) checkDepth(top map[string]any) {
	top = maps.Clone(top)
	if info, ok := top["plugin_info"].(map[string]any); ok {
		info = maps.Clone(info)
		delete(info, "heuristic_options")
		top["plugin_info"] = info
	}
	if got := depth(top); got > maxDepth {
		r.bad("body", "want at most %d objects and lists inside one another, got %d", maxDepth, got)
	}
}

// depth returns how many objects and lists are inside one another.
func depth(value any) int {
	deepest := 0
	for _, member := range members(value) {
		deepest = max(deepest, depth(member))
	}
	switch value.(type) {
	case map[string]any, []any:
		return deepest + 1
	}
	return 0
}

// members returns the values in an object or a list.
func members(value any) []any {
	switch v := value.(type) {
	case map[string]any:
		all := make([]any, 0, len(v))
		for _, member := range v {
			all = append(all, member)
		}
		return all
	case []any:
		return v
	}
	return nil
}

// options reads an object of options as JSON, nil if it is not used. Its bounds are
// checked in any case.
func (r *reader) options(field string, used bool) json.RawMessage {
	text, err := compact(r.object[field])
	switch {
	case err != nil || len(text) > maxOptions:
		r.bad(field, "want at most %d bytes of JSON, got %d", maxOptions, len(text))
	case depth(r.object[field]) > maxDepth:
		r.bad(field, "want at most %d objects and lists inside one another, got %d", maxDepth, depth(r.object[field]))
	case !finite(r.object[field]):
		r.bad(field, "want numbers up to %g", math.MaxFloat64)
	}
	if !used {
		return nil
	}
	r.required(field).sub(field)
	return text
}

// compact returns a value as JSON in as few bytes as a caller may need for it.
func compact(value any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// finite reports whether a float64 can hold every number in a value: most readers of
// JSON fail at a larger one.
func finite(value any) bool {
	if number, ok := value.(json.Number); ok {
		_, err := number.Float64()
		return err == nil
	}
	for _, member := range members(value) {
		if !finite(member) {
			return false
		}
	}
	return true
}
