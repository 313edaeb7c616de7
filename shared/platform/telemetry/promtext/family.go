package promtext

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// family is all series of one name.
type family struct {
	name, help, kind string
	series           []series
}

// label is a label of a series.
type label struct{ name, value string }

// series is one set of labels with its value, or its histogram.
type series struct {
	labels []label // sorted by name
	value  float64
	*buckets
}

// buckets are those of a histogram. counts has one more than bounds: what is above all.
type buckets struct {
	bounds []float64
	counts []uint64
	sum    float64
	count  uint64
}

// Types of families.
const (
	kindCounter   = "counter"
	kindGauge     = "gauge"
	kindHistogram = "histogram"
)

// familiesOf returns the families of all scopes, sorted by name, with sorted series.
func familiesOf(scopes []metricdata.ScopeMetrics) []*family {
	byName := map[string]*family{}
	for _, scope := range scopes {
		for i := range scope.Metrics {
			f, err := familyOf(&scope.Metrics[i])
			if err != nil {
				otel.Handle(fmt.Errorf("serve metrics: %w", err))
				continue
			}
			known := byName[f.name]
			switch {
			case known == nil:
				byName[f.name] = f
			case known.kind == f.kind:
				known.series = append(known.series, f.series...)
			default:
				otel.Handle(fmt.Errorf("serve metrics: %s is a %s and a %s", f.name, known.kind, f.kind))
			}
		}
	}
	sorted := slices.SortedFunc(maps.Values(byName), func(a, b *family) int { return cmp.Compare(a.name, b.name) })
	for _, f := range sorted {
		slices.SortStableFunc(f.series, func(a, b series) int {
			return slices.CompareFunc(a.labels, b.labels, func(a, b label) int { return cmp.Compare(a.value, b.value) })
		})
	}
	return slices.DeleteFunc(sorted, func(f *family) bool { return len(f.series) == 0 })
}

func familyOf(metric *metricdata.Metrics) (*family, error) {
	f := &family{help: metric.Description}
	var kind otlptranslator.MetricType = otlptranslator.MetricTypeGauge
	switch data := metric.Data.(type) {
	case metricdata.Gauge[int64]:
		f.kind, f.series = kindGauge, numbers(data.DataPoints)
	case metricdata.Gauge[float64]:
		f.kind, f.series = kindGauge, numbers(data.DataPoints)
	case metricdata.Sum[int64]:
		f.kind, kind = sumKind(data.IsMonotonic)
		f.series = numbers(data.DataPoints)
	case metricdata.Sum[float64]:
		f.kind, kind = sumKind(data.IsMonotonic)
		f.series = numbers(data.DataPoints)
	case metricdata.Histogram[int64]:
		f.kind, kind, f.series = kindHistogram, otlptranslator.MetricTypeHistogram, histograms(data.DataPoints)
	case metricdata.Histogram[float64]:
		f.kind, kind, f.series = kindHistogram, otlptranslator.MetricTypeHistogram, histograms(data.DataPoints)
	default:
		return nil, fmt.Errorf("%s is a %T", metric.Name, data)
	}
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	name, err := namer.Build(otlptranslator.Metric{Name: metric.Name, Unit: metric.Unit, Type: kind})
	f.name = name
	return f, err //nolint:wrapcheck // it names the metric
}

// sumKind returns the types of a sum, which may be one that can fall.
func sumKind(rises bool) (string, otlptranslator.MetricType) {
	if rises {
		return kindCounter, otlptranslator.MetricTypeMonotonicCounter
	}
	return kindGauge, otlptranslator.MetricTypeNonMonotonicCounter
}

func numbers[N int64 | float64](points []metricdata.DataPoint[N]) []series {
	all := make([]series, 0, len(points))
	for _, point := range points {
		all = append(all, series{labels: labelsOf(point.Attributes), value: float64(point.Value)})
	}
	return all
}

func histograms[N int64 | float64](points []metricdata.HistogramDataPoint[N]) []series {
	all := make([]series, 0, len(points))
	for _, point := range points {
		all = append(all, series{
			labels:  labelsOf(point.Attributes),
			buckets: &buckets{point.Bounds, point.BucketCounts, float64(point.Sum), point.Count},
		})
	}
	return all
}

// labelsOf returns the labels that attributes become. Two that become the same one are
// joined, in the order of their keys.
func labelsOf(attributes attribute.Set) []label {
	var namer otlptranslator.LabelNamer
	all := make([]label, 0, attributes.Len())
	for _, one := range attributes.ToSlice() { // sorted by key
		name, err := namer.Build(string(one.Key))
		if err != nil {
			continue // no key of ours
		}
		value := strings.ToValidUTF8(one.Value.String(), "\uFFFD")
		if at := slices.IndexFunc(all, func(l label) bool { return l.name == name }); at >= 0 {
			all[at].value += ";" + value
			continue
		}
		all = append(all, label{name, value})
	}
	slices.SortFunc(all, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	return all
}
