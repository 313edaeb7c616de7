package start

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
)

// reader reads the fields of a JSON object and collects what is wrong with them. A
// field that is missing or null reads as its zero value.
type reader struct {
	object   map[string]any
	prefix   string
	problems []failure.FieldError
}

func (r *reader) bad(field, format string, args ...any) {
	name := r.prefix + field
	for _, known := range r.problems {
		if known.Field == name {
			return
		}
	}
	r.problems = append(r.problems, failure.FieldError{Field: name, Problem: fmt.Sprintf(format, args...)})
}

func (r *reader) wrong(field, want string) {
	r.bad(field, "want %s, got %s", want, describe(r.object[field]))
}

// required reports a field that is missing.
func (r *reader) required(field string) *reader {
	if r.object[field] == nil {
		r.bad(field, "is missing")
	}
	return r
}

func (r *reader) text(field string) string {
	value, ok := r.object[field].(string)
	if !ok && r.object[field] != nil {
		r.wrong(field, "a string")
	}
	return value
}

func (r *reader) flag(field string) bool {
	value, ok := r.object[field].(bool)
	if !ok && r.object[field] != nil {
		r.wrong(field, "true or false")
	}
	return value
}

// sub returns a reader of the object in a field, which collects its own problems.
func (r *reader) sub(field string) *reader {
	object, ok := r.object[field].(map[string]any)
	if !ok && r.object[field] != nil {
		r.wrong(field, "an object")
	}
	return &reader{object: object, prefix: r.prefix + field + "."}
}

// name reads a text of at most longest characters, which can be shown on one line.
func (r *reader) name(field string, longest int) string {
	value := r.text(field)
	switch {
	case utf8.RuneCountInString(value) > longest:
		r.wrong(field, fmt.Sprintf("at most %d characters", longest))
	case strings.ContainsFunc(value, control) || strings.ContainsRune(value, unicode.ReplacementChar):
		r.wrong(field, "a text without control characters, in valid Unicode")
	default:
		return value
	}
	return ""
}

// whole reads a whole number from low to high.
func (r *reader) whole(field string, low, high int64) int64 {
	if r.object[field] == nil {
		return 0
	}
	number, ok := r.object[field].(json.Number)
	if ok {
		if value, ok := wholeNumber(number); ok && value >= low && value <= high {
			return value
		}
	}
	r.wrong(field, fmt.Sprintf("a whole number from %d to %d", low, high))
	return 0
}

// seconds reads a number of seconds above 0, at most a year, which may have a
// fraction.
func (r *reader) seconds(field string) time.Duration {
	if r.object[field] == nil {
		return 0
	}
	number, ok := r.object[field].(json.Number)
	if ok {
		value, err := number.Float64()
		if nanos := math.Round(value * float64(time.Second)); err == nil && nanos >= 1 && value <= maxSeconds {
			return time.Duration(nanos)
		}
	}
	r.wrong(field, fmt.Sprintf("a number of seconds (not milliseconds) over 0, at most %d, a year", maxSeconds))
	return 0
}

// host reads a host name or an IP address in its canonical spelling. A value that
// may hold a password is not shown.
func (r *reader) host(field string) string {
	text := r.text(field)
	host, ok := egress.CanonicalHost(text)
	if _, given := r.object[field].(string); ok || !given {
		return host
	}
	_, port, err := net.SplitHostPort(text)
	_, notNumber := strconv.Atoi(port)
	switch {
	case strings.Contains(text, "@"):
		r.bad(field, "want a host name or an IP address, without a user and a password")
	case strings.Contains(text, "://"):
		r.wrong(field, "a host name or an IP address, not a URL")
	case err == nil && notNumber == nil:
		r.wrong(field, "a host name or an IP address, with the port in redis_port")
	default:
		r.wrong(field, "a host name or an IP address")
	}
	return ""
}

// describe returns a short text of a value for an error.
func describe(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%.80q", v)
	case json.Number:
		return fmt.Sprintf("%.80s", v)
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	default:
		return "null"
	}
}

// list returns texts in quotes, with commas between them.
func list(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, text := range texts {
		quoted = append(quoted, strconv.Quote(text))
	}
	return strings.Join(quoted, ", ")
}
