package httpapi

import (
	"net/url"
	"strconv"

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
