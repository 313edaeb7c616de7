package redisstore

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// flag is a truth value that is omitted while it is false.
func (f *form) flag(name string, value *bool) {
	if !f.field(name, !*value) {
		return
	}
	f.truth(value)
}

func (f *form) truth(value *bool) {
	switch {
	case !f.reading:
		f.out = strconv.AppendBool(f.out, *value)
	case strings.HasPrefix(f.rest, "true"):
		*value, f.rest = true, f.rest[len("true"):]
	case strings.HasPrefix(f.rest, "false"):
		*value, f.rest = false, f.rest[len("false"):]
	default:
		f.odd, f.rest = true, ""
	}
}

// integer is a number that is always written.
func integer[T ~int | ~int64](f *form, name string, value *T) {
	if f.field(name, false) {
		whole(f, value)
	}
}

// count is a number that is omitted while it is 0.
func count[T ~int | ~int64](f *form, name string, value *T) {
	if f.field(name, *value == 0) {
		whole(f, value)
	}
}

func whole[T ~int | ~int64](f *form, value *T) {
	if !f.reading {
		f.out = strconv.AppendInt(f.out, int64(*value), 10)
		return
	}
	n, err := strconv.ParseInt(f.number(), 10, 64)
	*value, f.odd = T(n), f.odd || err != nil
}

// real is a number that is always written.
func (f *form) real(name string, value *float64) {
	if f.field(name, false) {
		f.fraction(value)
	}
}

// some is a number that is omitted while it is 0.
func (f *form) some(name string, value *float64) {
	if f.field(name, *value == 0) {
		f.fraction(value)
	}
}

func (f *form) fraction(value *float64) {
	if !f.reading {
		f.odd = f.odd || math.IsNaN(*value) || math.IsInf(*value, 0)
		f.out = appendFloat(f.out, *value)
		return
	}
	number, err := strconv.ParseFloat(f.number(), 64)
	*value, f.odd = number, f.odd || err != nil
}

// text is a string that is always written.
func text[T ~string](f *form, name string, value *T) {
	if f.field(name, false) {
		words(f, value)
	}
}

// note is a string that is omitted while it is empty.
func note[T ~string](f *form, name string, value *T) {
	if f.field(name, *value == "") {
		words(f, value)
	}
}

func words[T ~string](f *form, value *T) {
	if !f.reading {
		f.out = appendString(f.out, string(*value))
		return
	}
	*value = T(strings.Clone(f.quoted())) // whoever keeps it must not keep the whole text
}

// moment is a time that is always written.
func (f *form) moment(name string, value *time.Time) {
	if !f.field(name, false) {
		return
	}
	if !f.reading {
		text, err := value.MarshalJSON()
		f.out, f.odd = append(f.out, text...), f.odd || err != nil
		return
	}
	f.odd = value.UnmarshalJSON([]byte(f.token())) != nil || f.odd
}
