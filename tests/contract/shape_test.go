package contract_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var aSecond = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

// shape replaces the values in a decoded JSON value by their kinds, because the
// numbers and times of a report differ each time. All keys that are seconds become one
// key.
func shape(value any) any {
	switch v := value.(type) {
	case map[string]any:
		shapes := map[string]any{}
		for key, inner := range v {
			if aSecond.MatchString(key) {
				key = "a second"
			}
			if before, twice := shapes[key]; twice && !cmp.Equal(before, shape(inner)) {
				return "an object whose seconds have different shapes"
			}
			shapes[key] = shape(inner)
		}
		return shapes
	case []any:
		shapes := make([]any, len(v))
		for i, inner := range v {
			shapes[i] = shape(inner)
		}
		return shapes
	case string:
		if aSecond.MatchString(v) {
			return "a second"
		}
		return "a string"
	case float64, int64:
		return "a number"
	case bool:
		return "true or false"
	default:
		return "null"
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ a, b, want any }{
		"different numbers and seconds": {
			a: []any{1.5, "2026-11-24T05:41:17Z"}, b: []any{-2.0, "2017-01-01T00:00:00Z"}, want: true,
		},
		"a time with a fraction":    {a: "2026-11-24T05:41:17Z", b: "2026-11-24T05:41:17.5Z", want: false},
		"a number for null":         {a: map[string]any{"x": nil}, b: map[string]any{"x": 1.0}, want: false},
		"one key more":              {a: map[string]any{}, b: map[string]any{"x": 1.0}, want: false},
		"a longer list":             {a: []any{1.0}, b: []any{1.0, 2.0}, want: false},
		"different seconds as keys": {a: map[string]any{"2026-11-24T05:41:17Z": 1.0}, b: map[string]any{"2017-01-01T00:00:00Z": 2.0}, want: true},
		"a point that is not like the others": {
			a: map[string]any{"2026-11-24T05:41:17Z": 1.0},
			b: map[string]any{"2026-11-24T05:41:17Z": 1.0, "2026-11-24T05:41:18Z": "x"}, want: false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := cmp.Equal(shape(tt.a), shape(tt.b)); got != tt.want {
				t.Errorf("got the same shape: %v, want %v: %v and %v", got, tt.want, shape(tt.a), shape(tt.b))
			}
		})
	}
}
