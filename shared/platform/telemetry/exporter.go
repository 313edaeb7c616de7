package telemetry

import (
	"cmp"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"kubejobs/shared/platform/telemetry/otlp"
)

// Exporters that push, as OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER call them.
const (
	exporterOTLP    = "otlp"
	exporterConsole = "console"
)

// newSpanExporter creates the exporter that OTEL_TRACES_EXPORTER names.
func newSpanExporter() (sdktrace.SpanExporter, error) {
	switch name := cmp.Or(os.Getenv("OTEL_TRACES_EXPORTER"), exporterOTLP); name {
	case exporterOTLP:
		return otlp.NewSpans(otel.Handle)
	case exporterConsole:
		return stdouttrace.New()
	default:
		return nil, unknown(name)
	}
}

// newMetricExporter creates the exporter that OTEL_METRICS_EXPORTER names.
func newMetricExporter() (sdkmetric.Exporter, error) {
	if name := os.Getenv("OTEL_METRICS_PRODUCERS"); name != "" && name != "none" {
		return nil, fmt.Errorf("OTEL_METRICS_PRODUCERS: want none, got %.80q", name)
	}
	switch name := cmp.Or(os.Getenv("OTEL_METRICS_EXPORTER"), exporterOTLP); name {
	case exporterOTLP:
		return otlp.NewMetrics(otel.Handle)
	case exporterConsole:
		return stdoutmetric.New()
	default:
		return nil, unknown(name)
	}
}

func unknown(name string) error {
	return fmt.Errorf("unknown exporter %.80q: want %s or %s", name, exporterOTLP, exporterConsole)
}
