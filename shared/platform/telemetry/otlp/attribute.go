package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// attributes appends each attribute as one KeyValue.
func (m *message) attributes(field int, all []attribute.KeyValue) {
	for _, one := range all {
		m.nested(field, keyValue(one))
	}
}

// set is attributes for a set.
func (m *message) set(field int, all attribute.Set) {
	m.attributes(field, all.ToSlice())
}

func keyValue(one attribute.KeyValue) message {
	var m message
	m.text(1, string(one.Key))
	m.nested(2, anyValue(one.Value))
	return m
}

// anyValue encodes an AnyValue. Its fields are one of several, so that also zero is
// written.
func anyValue(value attribute.Value) message {
	var m message
	switch value.Type() {
	case attribute.EMPTY:
	case attribute.STRING:
		m.nested(1, message(clean(value.AsString())))
	case attribute.BOOL:
		m.presentVarint(2, bit(value.AsBool()))
	case attribute.INT64:
		m.presentVarint(3, uint64(value.AsInt64())) //nolint:gosec // two's complement
	case attribute.FLOAT64:
		m.double(4, value.AsFloat64())
	case attribute.BYTESLICE:
		m.nested(7, value.AsByteSlice())
	case attribute.MAP:
		var list message
		list.attributes(1, value.AsMap())
		m.nested(6, list)
	case attribute.BOOLSLICE:
		m.nested(5, array(value.AsBoolSlice(), attribute.BoolValue))
	case attribute.INT64SLICE:
		m.nested(5, array(value.AsInt64Slice(), attribute.Int64Value))
	case attribute.FLOAT64SLICE:
		m.nested(5, array(value.AsFloat64Slice(), attribute.Float64Value))
	case attribute.STRINGSLICE:
		m.nested(5, array(value.AsStringSlice(), attribute.StringValue))
	case attribute.SLICE:
		m.nested(5, array(value.AsSlice(), func(v attribute.Value) attribute.Value { return v }))
	default:
		m.nested(1, message("INVALID"))
	}
	return m
}

// array encodes an ArrayValue.
func array[T any](values []T, of func(T) attribute.Value) message {
	var m message
	for _, value := range values {
		m.nested(1, anyValue(of(value)))
	}
	return m
}

func resourceOf(about *resource.Resource) message {
	var m message
	m.set(1, *about.Set())
	return m
}

func scopeOf(scope instrumentation.Scope) message {
	var m message
	m.text(1, scope.Name)
	m.text(2, scope.Version)
	m.set(3, scope.Attributes)
	return m
}
