package otlp

import (
	"encoding/binary"
	"math"
	"strings"
	"time"
)

// Types of fields, which follow the field's number.
const (
	typeVarint  = 0
	type64      = 1
	typeBytes   = 2
	type32      = 5
	bitsOfTypes = 3
)

// message is an encoded protobuf message. Its methods append a field, and leave out
// one that is zero, as proto3 does.
type message []byte

// tag appends the number of a field and its type.
func (m *message) tag(field, of int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<bitsOfTypes|uint64(of)) //nolint:gosec // small constants
}

// text appends a text, which must be UTF-8: a receiver refuses a whole request otherwise.
func (m *message) text(field int, value string) {
	if value != "" {
		m.nested(field, message(clean(value)))
	}
}

func (m *message) bytes(field int, value []byte) {
	if len(value) > 0 {
		m.nested(field, value)
	}
}

// nested appends a message, also an empty one.
func (m *message) nested(field int, value message) {
	m.tag(field, typeBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(value))), value...)
}

func (m *message) varint(field int, value uint64) {
	if value != 0 {
		m.presentVarint(field, value)
	}
}

func (m *message) fixed32(field int, value uint32) {
	if value != 0 {
		m.tag(field, type32)
		*m = binary.LittleEndian.AppendUint32(*m, value)
	}
}

func (m *message) fixed64(field int, value uint64) {
	if value != 0 {
		m.present64(field, value)
	}
}

// presentVarint appends a field that may be zero, as it is one of several.
func (m *message) presentVarint(field int, value uint64) {
	m.tag(field, typeVarint)
	*m = binary.AppendUvarint(*m, value)
}

// present64 appends a field that may be zero, as it is one of several or optional.
func (m *message) present64(field int, value uint64) {
	m.tag(field, type64)
	*m = binary.LittleEndian.AppendUint64(*m, value)
}

// double appends a number that may be zero.
func (m *message) double(field int, value float64) {
	m.present64(field, math.Float64bits(value))
}

// moment appends a time in nanoseconds since 1970; one before that is left out.
func (m *message) moment(field int, at time.Time) {
	m.fixed64(field, clamp(at.UnixNano()))
}

// count appends a number that is not negative.
func (m *message) count(field int, n int) {
	m.varint(field, min(clamp(int64(n)), math.MaxUint32))
}

// number appends an integer or a fraction, each in its own field.
func number[N int64 | float64](m *message, whole, fraction int, value N) {
	switch v := any(value).(type) {
	case int64:
		m.present64(whole, uint64(v)) //nolint:gosec // two's complement, as protobuf has it
	case float64:
		m.double(fraction, v)
	}
}

// zigzag returns a signed number as protobuf's sint32 has it: 0, -1, 1, -2, …
func zigzag(n int32) uint64 { return uint64(uint32(n<<1) ^ uint32(n>>31)) } //nolint:gosec // bits

// bit returns 1 for true and 0 for false.
func bit(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}

func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// clamp returns a number, or 0 if it is negative.
func clamp(n int64) uint64 { return uint64(max(n, 0)) }
