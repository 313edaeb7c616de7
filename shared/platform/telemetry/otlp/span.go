package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Flags of a span beside those of its trace: whether it is known that the parent is in
// another process, and whether it is.
const (
	knowsRemote = 0x100
	isRemote    = 0x200
)

// encodeSpans encodes an ExportTraceServiceRequest: spans by their resource, and then by
// their scope.
func encodeSpans(spans []sdktrace.ReadOnlySpan) message {
	var request message
	for _, about := range groups(spans, func(s sdktrace.ReadOnlySpan) attribute.Distinct { return s.Resource().Equivalent() }) {
		var m message
		resource := about[0].Resource()
		m.nested(1, resourceOf(resource))
		for _, within := range groups(about, sdktrace.ReadOnlySpan.InstrumentationScope) {
			m.nested(2, encodeScope(within))
		}
		m.text(3, resource.SchemaURL())
		request.nested(1, m)
	}
	return request
}

// groups returns the spans that have a key in common, in the order of the first ones.
func groups[K comparable](spans []sdktrace.ReadOnlySpan, key func(sdktrace.ReadOnlySpan) K) [][]sdktrace.ReadOnlySpan {
	var all [][]sdktrace.ReadOnlySpan
	at := map[K]int{}
	for _, span := range spans {
		i, known := at[key(span)]
		if !known {
			i = len(all)
			at[key(span)], all = i, append(all, nil)
		}
		all[i] = append(all[i], span)
	}
	return all
}

// encodeScope encodes the spans of one scope.
func encodeScope(spans []sdktrace.ReadOnlySpan) message {
	var m message
	scope := spans[0].InstrumentationScope()
	m.nested(1, scopeOf(scope))
	for _, span := range spans {
		m.nested(2, encodeSpan(span))
	}
	m.text(3, scope.SchemaURL)
	return m
}

func encodeSpan(span sdktrace.ReadOnlySpan) message {
	var m message
	own, parent := span.SpanContext(), span.Parent()
	m.context(own)
	if id := parent.SpanID(); id.IsValid() {
		m.bytes(4, id[:])
	}
	m.text(5, span.Name())
	m.varint(6, uint64(kindOf(span.SpanKind())))
	m.moment(7, span.StartTime())
	m.moment(8, span.EndTime())
	m.attributes(9, span.Attributes())
	m.count(10, span.DroppedAttributes())
	for _, event := range span.Events() {
		m.nested(11, encodeEvent(event))
	}
	m.count(12, span.DroppedEvents())
	for _, link := range span.Links() {
		m.nested(13, encodeLink(link))
	}
	m.count(14, span.DroppedLinks())
	m.nested(15, encodeStatus(span.Status()))
	m.fixed32(16, flagsOf(own, parent))
	return m
}

// context appends the ids and the state of a span's trace.
func (m *message) context(of trace.SpanContext) {
	traceID, spanID := of.TraceID(), of.SpanID()
	m.bytes(1, traceID[:])
	m.bytes(2, spanID[:])
	m.text(3, of.TraceState().String())
}

func flagsOf(own, parent trace.SpanContext) uint32 {
	flags := uint32(own.TraceFlags()) | knowsRemote
	if parent.IsRemote() {
		flags |= isRemote
	}
	return flags
}

func encodeEvent(event sdktrace.Event) message {
	var m message
	m.moment(1, event.Time)
	m.text(2, event.Name)
	m.attributes(3, event.Attributes)
	m.count(4, event.DroppedAttributeCount)
	return m
}

func encodeLink(link sdktrace.Link) message {
	var m message
	m.context(link.SpanContext)
	m.attributes(4, link.Attributes)
	m.count(5, link.DroppedAttributeCount)
	m.fixed32(6, flagsOf(link.SpanContext, link.SpanContext))
	return m
}

// encodeStatus encodes a Status: 1 is OK, 2 an error.
func encodeStatus(status sdktrace.Status) message {
	var m message
	m.text(2, status.Description)
	switch status.Code {
	case codes.Ok:
		m.varint(3, 1)
	case codes.Error:
		m.varint(3, 2)
	case codes.Unset:
	}
	return m
}

// kindOf returns the SpanKind of OTLP.
func kindOf(kind trace.SpanKind) uint8 {
	switch kind {
	case trace.SpanKindInternal:
		return 1
	case trace.SpanKindServer:
		return 2
	case trace.SpanKindClient:
		return 3
	case trace.SpanKindProducer:
		return 4
	case trace.SpanKindConsumer:
		return 5
	case trace.SpanKindUnspecified:
	}
	return 0
}
