package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
)

func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	many := url.Values{}
	for i := range 300 {
		many.Set(fmt.Sprintf("x%03d", i), "")
	}
	tests := map[string]struct {
		values url.Values
		count  int
		last   failure.FieldError
	}{
		"one":   {url.Values{"x": {"1"}}, 1, failure.FieldError{Field: `"x"`, Problem: "no such parameter: there are a and b"}},
		"many":  {many, 21, failure.FieldError{Field: "query", Problem: "there are 280 more wrong parameters"}},
		"twice": {url.Values{"a": {"1", "2"}}, 1, failure.FieldError{Field: "a", Problem: "want it once"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := httpapi.UnknownParameters(tt.values, "a", "b")
			if len(wrong) != tt.count || wrong[len(wrong)-1] != tt.last {
				t.Errorf("%d wrong parameters, the last %+v, want %d and %+v", len(wrong), wrong[len(wrong)-1], tt.count, tt.last)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	const refused = "limit: want a whole number from 1 to 10"
	tests := map[string]struct {
		query   string
		want    int
		refused bool
	}{
		"omitted":      {"", 7, false},
		"empty":        {"limit=", 7, false},
		"1":            {"limit=1", 1, false},
		"the largest":  {"limit=10", 10, false},
		"0":            {"limit=0", 0, true},
		"too large":    {"limit=11", 0, true},
		"negative":     {"limit=-1", 0, true},
		"a word":       {"limit=all", 0, true},
		"past an int":  {"limit=9223372036854775808", 0, true},
		"two, one bad": {"limit=2&limit=x", 2, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			var wrong failure.Fields
			got := httpapi.Limit(values, 10, 7, &wrong)
			if tt.refused {
				if err := wrong.Err(); err == nil || err.Error() != refused {
					t.Errorf("wrong fields: %v, want %s", err, refused)
				}
			} else if got != tt.want || wrong.Err() != nil {
				t.Errorf("Limit = %d, wrong fields: %v, want %d and none", got, wrong.Err(), tt.want)
			}
		})
	}
}

// However many parameters are wrong, the answer is short.
func TestManyUnknownParameters(t *testing.T) {
	t.Parallel()
	values := url.Values{"limit": {"1", "2"}}
	for n := range 1000 {
		values.Set(fmt.Sprintf("p%03d", n)+strings.Repeat("x", 200), "1")
	}
	wrong := httpapi.UnknownParameters(values, "limit", "after")
	if len(wrong) != 21 || wrong[20].Field != "query" || wrong[20].Problem != "there are 981 more wrong parameters" {
		t.Errorf("%d fields, the last %v, want 20 and the number of the others", len(wrong), wrong[len(wrong)-1])
	}
	if text := wrong.Err().Error(); len(text) > 4000 {
		t.Errorf("the error has %d bytes", len(text))
	}
}
