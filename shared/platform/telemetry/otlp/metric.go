package otlp

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// encodeMetrics encodes an ExportMetricsServiceRequest.
func encodeMetrics(metrics *metricdata.ResourceMetrics) message {
	var request, all message
	all.nested(1, resourceOf(metrics.Resource))
	for _, scope := range metrics.ScopeMetrics {
		var m message
		m.nested(1, scopeOf(scope.Scope))
		for _, metric := range scope.Metrics {
			m.nested(2, encodeMetric(metric))
		}
		m.text(3, scope.Scope.SchemaURL)
		all.nested(2, m)
	}
	all.text(3, metrics.Resource.SchemaURL())
	request.nested(1, all)
	return request
}

func encodeMetric(metric metricdata.Metrics) message {
	var m message
	m.text(1, metric.Name)
	m.text(2, metric.Description)
	m.text(3, metric.Unit)
	switch data := metric.Data.(type) {
	case metricdata.Gauge[int64]:
		m.nested(5, points(data.DataPoints, encodeNumber))
	case metricdata.Gauge[float64]:
		m.nested(5, points(data.DataPoints, encodeNumber))
	case metricdata.Sum[int64]:
		m.nested(7, sum(data))
	case metricdata.Sum[float64]:
		m.nested(7, sum(data))
	case metricdata.Histogram[int64]:
		m.nested(9, histogram(data.DataPoints, encodeHistogram, data.Temporality))
	case metricdata.Histogram[float64]:
		m.nested(9, histogram(data.DataPoints, encodeHistogram, data.Temporality))
	case metricdata.ExponentialHistogram[int64]:
		m.nested(10, histogram(data.DataPoints, encodeExponential, data.Temporality))
	case metricdata.ExponentialHistogram[float64]:
		m.nested(10, histogram(data.DataPoints, encodeExponential, data.Temporality))
	}
	return m
}

// points encodes the points, which are field 1 of each kind of data.
func points[P any](all []P, encode func(P) message) message {
	var m message
	for _, point := range all {
		m.nested(1, encode(point))
	}
	return m
}

func sum[N int64 | float64](data metricdata.Sum[N]) message {
	m := points(data.DataPoints, encodeNumber)
	m.varint(2, temporality(data.Temporality))
	m.varint(3, bit(data.IsMonotonic))
	return m
}

func histogram[P any](all []P, encode func(P) message, is metricdata.Temporality) message {
	m := points(all, encode)
	m.varint(2, temporality(is))
	return m
}

// temporality returns the AggregationTemporality of OTLP.
func temporality(is metricdata.Temporality) uint64 {
	switch is {
	case metricdata.DeltaTemporality:
		return 1
	case metricdata.CumulativeTemporality:
		return 2
	}
	return 0
}

func encodeNumber[N int64 | float64](point metricdata.DataPoint[N]) message {
	var m message
	m.moment(2, point.StartTime)
	m.moment(3, point.Time)
	number(&m, 6, 4, point.Value)
	exemplars(&m, 5, point.Exemplars)
	m.set(7, point.Attributes)
	return m
}

func encodeHistogram[N int64 | float64](point metricdata.HistogramDataPoint[N]) message {
	var m, counts, bounds message
	m.moment(2, point.StartTime)
	m.moment(3, point.Time)
	m.fixed64(4, point.Count)
	m.double(5, float64(point.Sum))
	for _, count := range point.BucketCounts {
		counts = binary.LittleEndian.AppendUint64(counts, count)
	}
	m.bytes(6, counts)
	for _, bound := range point.Bounds {
		bounds = binary.LittleEndian.AppendUint64(bounds, math.Float64bits(bound))
	}
	m.bytes(7, bounds)
	exemplars(&m, 8, point.Exemplars)
	m.set(9, point.Attributes)
	extremes(&m, 11, point.Min, point.Max)
	return m
}

func encodeExponential[N int64 | float64](point metricdata.ExponentialHistogramDataPoint[N]) message {
	var m message
	m.set(1, point.Attributes)
	m.moment(2, point.StartTime)
	m.moment(3, point.Time)
	m.fixed64(4, point.Count)
	m.double(5, float64(point.Sum))
	m.varint(6, zigzag(point.Scale))
	m.fixed64(7, point.ZeroCount)
	m.nested(8, buckets(point.PositiveBucket))
	m.nested(9, buckets(point.NegativeBucket))
	exemplars(&m, 11, point.Exemplars)
	extremes(&m, 12, point.Min, point.Max)
	m.fixed64(14, math.Float64bits(point.ZeroThreshold))
	return m
}

func buckets(bucket metricdata.ExponentialBucket) message {
	var m, counts message
	m.varint(1, zigzag(bucket.Offset))
	for _, count := range bucket.Counts {
		counts = binary.AppendUvarint(counts, count)
	}
	m.bytes(2, counts)
	return m
}

// extremes appends the minimum as a field, and the maximum as the next one.
func extremes[N int64 | float64](m *message, field int, least, most metricdata.Extrema[N]) {
	if value, ok := least.Value(); ok {
		m.double(field, float64(value))
	}
	if value, ok := most.Value(); ok {
		m.double(field+1, float64(value))
	}
}

func exemplars[N int64 | float64](m *message, field int, all []metricdata.Exemplar[N]) {
	for _, exemplar := range all {
		var e message
		e.moment(2, exemplar.Time)
		number(&e, 6, 3, exemplar.Value)
		e.bytes(4, exemplar.SpanID)
		e.bytes(5, exemplar.TraceID)
		e.attributes(7, exemplar.FilteredAttributes)
		m.nested(field, e)
	}
}
