package tick

import (
	"bytes"
	"strconv"

	"kubejobs/shared/core/dnslabel"
)

// plainData returns what {"app_id":"ID"} and {"app_id":"ID","life":N} say. It reports false
// for any other text.
func plainData(text []byte) (data, bool) {
	rest, ok := bytes.CutPrefix(text, []byte(`{"app_id":"`))
	if !ok {
		return data{}, false
	}
	id, rest, ok := bytes.Cut(rest, []byte(`"`))
	said := data{ID: string(id)}
	if !ok || !dnslabel.Valid(said.ID) {
		return data{}, false
	}
	if life, ok := bytes.CutPrefix(rest, []byte(`,"life":`)); ok {
		digits, ok := bytes.CutSuffix(life, []byte("}"))
		if !ok || len(digits) == 0 || digits[0] < '1' || digits[0] > '9' {
			return data{}, false
		}
		var err error
		said.Life, err = strconv.ParseInt(string(digits), 10, 64)
		return said, err == nil
	}
	return said, string(rest) == "}"
}
