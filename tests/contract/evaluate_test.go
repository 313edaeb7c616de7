package contract_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvaluateAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want any
	}{
		"a whole number":                  {"42", int64(42)},
		"a negative number":               {"-42", int64(-42)},
		"a sign and a space":              {"- 42", int64(-42)},
		"zeros":                           {"00", int64(0)},
		"a float":                         {"0.5", 0.5},
		"a float without a fraction":      {"1.", 1.0},
		"a float without an integer part": {"-.5", -0.5},
		"an exponent":                     {"-2e-09", -2e-9},
		"a positive exponent":             {"8.64E+13", 8.64e13},
		"a number above all floats":       {"1e999", math.Inf(1)},
		"single quotes":                   {`'it is "so"'`, `it is "so"`},
		"double quotes":                   {`"a 'b'"`, "a 'b'"},
		"escapes":                         {`"\n\t\\\"\u00fc\x41"`, "\n\t\\\"üA"},
		"an unknown escape":               {`"a\/b"`, `a\/b`},
		"JSON without spaces":             {`{"a":1,"b":{"c":[1,2.5]}}`, map[string]any{"a": int64(1), "b": map[string]any{"c": []any{int64(1), 2.5}}}},
		"Python's repr":                   {`{'a': 1, 'b': {'c': []}}`, map[string]any{"a": int64(1), "b": map[string]any{"c": []any{}}}},
		"spaces and line breaks":          {" { \"a\" :\n [ 1 ,\t2 ] }\n", map[string]any{"a": []any{int64(1), int64(2)}}},
		"trailing commas":                 {`{"a":[1,],}`, map[string]any{"a": []any{int64(1)}}},
		"an empty dict":                   {`{}`, map[string]any{}},
		"the last of two equal keys":      {`{"a":1,"a":2}`, map[string]any{"a": int64(2)}},
		"Python's constants":              {`[True, False, None]`, []any{true, false, nil}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := evaluate(tt.text)
			if err != nil {
				t.Fatalf("evaluate(%q): %v", tt.text, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("evaluate(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestEvaluateRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing": "", "true": `{"a":true}`, "false": `[false]`, "null": `{"a":null}`,
		"NaN": `{"a":NaN}`, "Infinity": `{"a":Infinity}`, "minus Infinity": `-Infinity`, "inf": "inf", "nan": "nan",
		"a bare word": "job", "a call": "open('x')", "an operation": "1 / 2", "two signs": "--1", "only a sign": "-",
		"a leading zero": "01", "two points": "1.2.3", "an exponent without digits": "1e", "a unit": "2s",
		"an open string": `"a`, "a line break in a string": "'a\nb'", "an incomplete escape": `"\u12"`, "mismatched quotes": `"a'`,
		"an open dict": `{"a":1`, "a dict without a value": `{"a"}`, "no comma": `{"a":1 "b":2}`, "only a comma": "[,]",
		"a list as a key": `{[1]: 2}`, "text after the literal": `{"a":1} x`, "two literals": "{}{}", "NUL": "'a\x00b'",
		"invalid UTF-8": "'\xff'", "the wrong bracket": `[1}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := evaluate(text); err == nil {
				t.Errorf("evaluate(%q): got %v, want an error", text, got)
			}
		})
	}
}
