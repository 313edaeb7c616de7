package otlp

import (
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded protobuf message. Its methods append a field, and leave out
// one that is zero, as proto3 does.
type message []byte

// text appends a text, which must be UTF-8: a receiver refuses a whole request otherwise.
func (m *message) text(field protowire.Number, value string) {
	if value != "" {
		*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), clean(value))
	}
}

func (m *message) bytes(field protowire.Number, value []byte) {
	if len(value) > 0 {
		m.nested(field, value)
	}
}

// nested appends a message, also an empty one.
func (m *message) nested(field protowire.Number, value message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), value)
}

func (m *message) varint(field protowire.Number, value uint64) {
	if value != 0 {
		*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), value)
	}
}

func (m *message) fixed32(field protowire.Number, value uint32) {
	if value != 0 {
		*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), value)
	}
}

func (m *message) fixed64(field protowire.Number, value uint64) {
	if value != 0 {
		m.present64(field, value)
	}
}

// present64 appends a field that may be zero, as it is one of several or optional.
func (m *message) present64(field protowire.Number, value uint64) {
	*m = protowire.AppendFixed64(protowire.AppendTag(*m, field, protowire.Fixed64Type), value)
}

// double appends a number that may be zero.
func (m *message) double(field protowire.Number, value float64) {
	m.present64(field, math.Float64bits(value))
}

// moment appends a time in nanoseconds since 1970; one before that is left out.
func (m *message) moment(field protowire.Number, at time.Time) {
	m.fixed64(field, clamp(at.UnixNano()))
}

// count appends a number that is not negative.
func (m *message) count(field protowire.Number, n int) {
	m.varint(field, min(clamp(int64(n)), math.MaxUint32))
}

// number appends an integer or a fraction, each in its own field.
func number[N int64 | float64](m *message, whole, fraction protowire.Number, value N) {
	switch v := any(value).(type) {
	case int64:
		m.present64(whole, uint64(v)) //nolint:gosec // two's complement, as protobuf has it
	case float64:
		m.double(fraction, v)
	}
}

func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// clamp returns a number, or 0 if it is negative.
func clamp(n int64) uint64 { return uint64(max(n, 0)) }
