package start

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
)

// reader reads the fields of a JSON object and collects the wrong ones. A field that
// is missing or null reads as its zero value.
type reader struct {
	object map[string]any
	prefix string
	wrong  failure.Fields
}

// refuse reports what is wrong with a field, unless it was refused before.
func (r *reader) refuse(field, format string, args ...any) {
	name := r.prefix + field
	if !slices.ContainsFunc(r.wrong, func(f failure.FieldError) bool { return f.Field == name }) {
		r.wrong.Add(name, format, args...)
	}
}

// want refuses the value of a field and says what it should be.
func (r *reader) want(field, what string) {
	r.refuse(field, "want %s, got %s", what, describe(r.object[field]))
}

// required refuses a field that is missing.
func (r *reader) required(field string) *reader {
	if r.object[field] == nil {
		r.refuse(field, "is missing")
	}
	return r
}

func (r *reader) text(field string) string {
	value, ok := r.object[field].(string)
	if !ok && r.object[field] != nil {
		r.want(field, "a string")
	}
	return value
}

func (r *reader) flag(field string) bool {
	value, ok := r.object[field].(bool)
	if !ok && r.object[field] != nil {
		r.want(field, "true or false")
	}
	return value
}

// sub returns a reader of the object in a field, which collects its own wrong fields.
func (r *reader) sub(field string) *reader {
	object, ok := r.object[field].(map[string]any)
	if !ok && r.object[field] != nil {
		r.want(field, "an object")
	}
	return &reader{object: object, prefix: r.prefix + field + "."}
}

// raw returns a field as JSON.
func (r *reader) raw(field string) json.RawMessage {
	text, err := json.Marshal(r.object[field])
	if err != nil || r.object[field] == nil {
		return nil
	}
	return text
}

// whole reads a whole number from low to high.
func (r *reader) whole(field string, low, high int64) int64 {
	if r.object[field] == nil {
		return 0
	}
	number, ok := r.object[field].(json.Number)
	if ok {
		if value, err := number.Int64(); err == nil && value >= low && value <= high {
			return value
		}
	}
	r.want(field, fmt.Sprintf("a whole number from %d to %d", low, high))
	return 0
}

// seconds reads a number of seconds above 0, which may have a fraction.
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
	r.want(field, fmt.Sprintf("a number of seconds over 0, at most %d", maxSeconds))
	return 0
}

// moment reads a time in the format of Asperathos.
func (r *reader) moment(field string, zone *time.Location) time.Time {
	text := r.text(field)
	if _, given := r.object[field].(string); !given {
		return time.Time{}
	}
	value, err := time.ParseInLocation(submissionLayout, text, zone)
	if err != nil || !fractional(text) {
		r.want(field, "YYYY-MM-DDTHH:MM:SS.ffffffGMT")
		return time.Time{}
	}
	if year := value.UTC().Year(); year < firstYear || year > lastYear {
		r.want(field, fmt.Sprintf("a time from %d to %d", firstYear, lastYear))
		return time.Time{}
	}
	return value
}

// fractional reports whether a parsed time has one to six digits after its point,
// as Python's %f requires; Go also accepts none and more.
func fractional(text string) bool {
	digits := len(text) - len("2006-01-02T15:04:05.GMT")
	return digits >= 1 && digits <= 6 && text[len("2006-01-02T15:04:05")] == '.'
}

// host reads a host name or an IP address.
func (r *reader) host(field string) string {
	text := r.text(field)
	if _, given := r.object[field].(string); given && !egress.Host(text) {
		r.want(field, "a host name or an IP address")
		return ""
	}
	return text
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
