package httpapi

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kubejobs/shared/core/failure"
)

// Limit reads limit, the size of a page: a whole number from 1 to most, or
// otherwise if the caller omits it. A wrong value is added to wrong.
func Limit(values url.Values, most, otherwise int, wrong *failure.Fields) int {
	text := values.Get("limit")
	if text == "" {
		return otherwise
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > most {
		wrong.Add("limit", "want a whole number from 1 to %d", most)
	}
	return limit
}

// maxWrong bounds the wrong parameters that an answer names.
const maxWrong = 20

// UnknownParameters returns the parameters of a query that are not in known, or
// occur twice, in the order of their names: the first maxWrong, and the number of the
// others.
func UnknownParameters(values url.Values, known ...string) failure.Fields {
	var wrong failure.Fields
	for name, given := range values {
		switch {
		case !slices.Contains(known, name):
			wrong.Add(fmt.Sprintf("%.80q", name), "no such parameter: there are %s", enumerate(known))
		case len(given) > 1:
			wrong.Add(name, "want it once")
		}
	}
	slices.SortFunc(wrong, func(a, b failure.FieldError) int { return cmp.Compare(a.Field, b.Field) })
	if more := len(wrong) - maxWrong; more > 0 {
		wrong = wrong[:maxWrong]
		wrong.Add("query", "there are %d more wrong parameters", more)
	}
	return wrong
}

// enumerate joins two or more names as a sentence does.
func enumerate(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
