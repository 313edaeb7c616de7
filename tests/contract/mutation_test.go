package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// mutation changes a request. A failure shows the name.
type mutation struct {
	name  string
	apply func(r *rand.Rand, request []byte) []byte
}

var mutations = []mutation{
	{"a bit flipped", flipBit},
	{"a bit of the body flipped", inBody(flipBit)},
	{"a byte replaced", replaceByte},
	{"a byte of the body replaced", inBody(replaceByte)},
	{"bytes inserted", inBody(insertBytes)},
	{"the request cut", cut},
	{"the body cut", inBody(cut)},
	{"a field deleted", inFields(func(_ *rand.Rand, s slot) { delete(s.parent, s.key) })},
	{"a field's type swapped", inFields(func(r *rand.Rand, s slot) { s.parent[s.key] = pick(r, oddValues()) })},
	{"a huge number", inFields(func(r *rand.Rand, s slot) { s.parent[s.key] = json.Number(pick(r, hugeNumbers())) })},
	{"a field renamed", inFields(func(r *rand.Rand, s slot) {
		s.parent[pick(r, []string{"", "x", "__proto__", strings.ToUpper(s.key), s.key + "\x00"})] = s.parent[s.key]
		delete(s.parent, s.key)
	})},
	{"a field doubled", doubleField},
}

func flipBit(r *rand.Rand, text []byte) []byte {
	if len(text) > 0 {
		text[r.IntN(len(text))] ^= 1 << r.IntN(8)
	}
	return text
}

func replaceByte(r *rand.Rand, text []byte) []byte {
	if len(text) > 0 {
		text[r.IntN(len(text))] = byte(r.IntN(256))
	}
	return text
}

func insertBytes(r *rand.Rand, text []byte) []byte {
	odd := pick(r, []string{"\x00", "\xff\xfe", "null", "{", "]", "\"", "\\u0000", "\ufeff", strings.Repeat("[", 20_000), strings.Repeat("9", 5_000)})
	return slices.Insert(text, r.IntN(len(text)+1), []byte(odd)...)
}

func cut(r *rand.Rand, text []byte) []byte { return text[:r.IntN(len(text)+1)] }

// inBody changes only the body, and corrects the Content-Length.
func inBody(change func(*rand.Rand, []byte) []byte) func(*rand.Rand, []byte) []byte {
	return func(r *rand.Rand, request []byte) []byte {
		head, body, _ := bytes.Cut(request, []byte("\r\n\r\n"))
		return join(head, change(r, slices.Clone(body)))
	}
}

// slot is a field of an object or of one within it.
type slot struct {
	parent map[string]any
	key    string
}

// slots returns the fields of an object and of the objects within it, in a fixed
// order.
func slots(object map[string]any) []slot {
	var found []slot
	for _, key := range slices.Sorted(maps.Keys(object)) {
		found = append(found, slot{object, key})
		if inner, ok := object[key].(map[string]any); ok {
			found = append(found, slots(inner)...)
		}
	}
	return found
}

// inFields changes a field of a body that is an object, and inserts bytes into any
// other body.
func inFields(change func(*rand.Rand, slot)) func(*rand.Rand, []byte) []byte {
	return inBody(func(r *rand.Rand, body []byte) []byte {
		var object map[string]any
		if json.Unmarshal(body, &object) != nil || len(object) == 0 {
			return insertBytes(r, body)
		}
		change(r, pick(r, slots(object)))
		text, err := json.Marshal(object)
		if err != nil {
			panic(err) // all values can be encoded
		}
		return text
	})
}

// doubleField writes a field twice, with another value first.
func doubleField(r *rand.Rand, request []byte) []byte {
	return inBody(func(r *rand.Rand, body []byte) []byte {
		var object map[string]any
		if json.Unmarshal(body, &object) != nil || len(object) == 0 {
			return insertBytes(r, body)
		}
		value, err := json.Marshal(pick(r, oddValues()))
		if err != nil {
			panic(err)
		}
		name := fmt.Sprintf("%q", pick(r, slots(object)).key)
		return bytes.Replace(body, []byte(name), fmt.Appendf(nil, "%s: %s, %s", name, value, name), 1)
	})(r, request)
}

func oddValues() []any {
	deep := json.RawMessage(strings.Repeat("[", 500) + strings.Repeat("]", 500))
	return []any{
		nil, true, false, "", "text", "10", 0, 1, -1, 1.5,
		[]any{},
		map[string]any{},
		[]any{map[string]any{"a": nil}},
		strings.Repeat("x", 10_000), "\x00", "ü", "../../etc", "10.0.0.1", "169.254.169.254", "::1", "localhost", deep,
	}
}

func hugeNumbers() []string {
	return []string{
		"1e999", "-1e999", "1e-999", "9223372036854775808", "-9223372036854775809", "9007199254740993", "3155760000", "65536",
		"1" + strings.Repeat("0", 400), "0." + strings.Repeat("0", 400) + "1", "1e1000000000", "-0", "-0.0", "0e0",
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
